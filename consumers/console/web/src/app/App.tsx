import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect } from "react";
import { createBrowserRouter, Navigate, Outlet, RouterProvider, useLocation, useRouteError } from "react-router";
import { onSignedOut } from "@/api/client";
import { live } from "@/api/live";
import { isPassing } from "@/api/problem";
import { SESSION, useSession } from "@/api/session";
import { CrashState, ErrorState, Waiting } from "@/components/States";
import { setLanguage } from "@/i18n";
import { ChangePassword } from "@/pages/account/ChangePassword";
import { FirstRun } from "@/pages/account/FirstRun";
import { SignIn } from "@/pages/account/SignIn";
import { colorScheme, theme, variables } from "@/theme";
import { AppFrame } from "./AppFrame";
import { Forbidden, NotFound } from "./Nowhere";
import { KeysProvider } from "./keys";
import { landing, PAGES, pagesOf } from "./pages";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      // What may pass by itself is tried again before people are told; what was refused is not.
      retry: (failures, error) => isPassing(error) && failures < 2,
      retryDelay: (failures) => 500 * 2 ** failures,
      networkMode: "always",
    },
    mutations: { retry: false, networkMode: "always" },
  },
});

// Back after a break: what is on the screen is old, and what failed may be had.
let lost = false;
live.watch(() => {
  const { state } = live.snapshot();
  if (state === "live" && lost) void queries.invalidateQueries();
  lost = state === "lost" || (lost && state !== "live");
});

onSignedOut(() => {
  void queries.invalidateQueries({ queryKey: SESSION });
});

function PageError() {
  return <CrashState error={useRouteError()} />;
}

/** Who may see what: nobody signed in, a first run, a password to change, else the frame with the page. */
function Gate() {
  const session = useSession();
  const location = useLocation();
  const person = session.data?.person ?? null;
  const language = person?.language;
  useEffect(() => {
    if (language) void setLanguage(language);
  }, [language]);
  if (!session.data) {
    // Asking goes on by itself; after the first failure people are told.
    if (session.failureCount === 0) return <Waiting rows={3} />;
    return <ErrorState error={session.failureReason} onRetry={() => void session.refetch()} />;
  }
  if (session.data.first_run) return <FirstRun />;
  if (!person) return <SignIn />;
  if (person.must_change_password) return <ChangePassword forced />;
  if (location.pathname === "/") return <Navigate to={landing(person)} replace />;
  return (
    <AppFrame person={person}>
      <Outlet />
    </AppFrame>
  );
}

function Guarded({ name }: { name: string }) {
  const person = useSession().data?.person;
  const page = PAGES.find((one) => one.name === name);
  if (!page || !person) return null;
  if (!pagesOf(person).includes(page)) return <Forbidden person={person} />;
  const Component = page.component;
  return <Component />;
}

const router = createBrowserRouter([
  {
    path: "/",
    element: <Gate />,
    errorElement: <PageError />,
    children: [
      ...PAGES.map((page) => ({
        path: `${page.path.slice(1)}/*`,
        element: <Guarded name={page.name} />,
        errorElement: <PageError />,
      })),
      { path: "account/password", element: <ChangePassword forced={false} /> },
      { path: "*", element: <NotFound /> },
    ],
  },
]);

export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      colorSchemeManager={colorScheme}
      defaultColorScheme="auto"
    >
      <Notifications position="bottom-right" limit={3} autoClose={5_000} />
      <QueryClientProvider client={queries}>
        <KeysProvider>
          <RouterProvider router={router} />
        </KeysProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
