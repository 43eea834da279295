import { useMutation, useQuery, useQueryClient, type UseMutationResult } from "@tanstack/react-query";
import { request, tellSignedOut } from "./client";
import type { Language, Person, Session } from "./types";

export const SESSION = ["session"] as const;

/** Who is signed in; `null` person when nobody is. */
export function useSession() {
  return useQuery({
    queryKey: SESSION,
    queryFn: ({ signal }) => request<Session>("GET", "/api/session", { signal }),
    staleTime: Infinity,
    // Without it there is no page at all: asked until somebody answers.
    refetchInterval: (query) => (query.state.status === "error" ? 3_000 : false),
  });
}

/** The person at the screen. Only for what is drawn inside the frame, where somebody is signed in. */
export function usePerson(): Person {
  const person = useSession().data?.person;
  if (!person) throw new Error("usePerson is called outside the signed-in frame");
  return person;
}

function useSessionAct<Body>(method: "POST" | "PATCH", path: string): UseMutationResult<unknown, Error, Body> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Body) => request(method, path, { body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: SESSION }),
  });
}

export interface FirstRun {
  token: string;
  name: string;
  full_name: string;
  password: string;
  language: Language;
}

export const useSignIn = () => useSessionAct<{ name: string; password: string }>("POST", "/api/sign-in");
export const useFirstRun = () => useSessionAct<FirstRun>("POST", "/api/first-run");
export const useChangePassword = () => useSessionAct<{ current: string; new: string }>("POST", "/api/session/password");
export const useSetLanguage = () => useSessionAct<{ language: Language }>("PATCH", "/api/session");

export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => request("POST", "/api/sign-out"),
    onSuccess: tellSignedOut,
    onSettled: async () => {
      await queries.invalidateQueries({ queryKey: SESSION });
      queries.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION[0] });
    },
  });
}
