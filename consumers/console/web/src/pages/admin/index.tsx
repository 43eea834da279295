import { Tabs } from "@mantine/core";
import { Navigate, Route, Routes, useLocation, useNavigate } from "react-router";
import { useSession } from "@/api/session";
import { PageHeader } from "@/components/PageHeader";
import { useT, type TextKey } from "@/i18n";
import { may, type Permission } from "@/permissions";
import styles from "./admin.module.css";
import { AuditLog } from "./AuditLog";
import { DeadLetters } from "./DeadLetters";
import { People } from "./People";
import { Policies } from "./Policies";
import { Tokens } from "./Tokens";

const PARTS = [
  { path: "people", needs: "manage_people", component: People },
  { path: "policies", needs: "write_policies", component: Policies },
  { path: "tokens", needs: "manage_people", component: Tokens },
  { path: "audit", needs: "read_audit", component: AuditLog },
  { path: "dead-letters", needs: "read_dead_letters", component: DeadLetters },
] as const satisfies { path: string; needs: Permission; component: () => unknown }[];

const WORDS: Record<(typeof PARTS)[number]["path"], TextKey> = {
  people: "admin.people",
  policies: "admin.policies",
  tokens: "admin.tokens",
  audit: "admin.audit",
  "dead-letters": "admin.letters",
};

/** People, policies, tokens, what was done, what nobody could read: each part for those who may. */
export default function AdminPage() {
  const t = useT();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const person = useSession().data?.person;
  if (!person) return null;
  const parts = PARTS.filter((part) => may(person, part.needs));
  const first = parts[0]?.path ?? "";
  const here = parts.find((part) => pathname.startsWith(`/admin/${part.path}`))?.path ?? first;
  return (
    <div className={styles.page}>
      <PageHeader
        title={t("nav.admin")}
        beside={
          <Tabs value={here} variant="pills" onChange={(next) => void navigate(`/admin/${next ?? first}`)}>
            <Tabs.List>
              {parts.map((part) => (
                <Tabs.Tab key={part.path} value={part.path}>
                  {t(WORDS[part.path])}
                </Tabs.Tab>
              ))}
            </Tabs.List>
          </Tabs>
        }
      />
      <div className={styles.scroll} tabIndex={0}>
        <Routes>
          {parts.map(({ path, component: Component }) => (
            <Route key={path} path={path} element={<Component />} />
          ))}
          <Route path="*" element={<Navigate to={`/admin/${first}`} replace />} />
        </Routes>
      </div>
    </div>
  );
}
