import { Button } from "@mantine/core";
import { Compass, Lock } from "lucide-react";
import { Link } from "react-router";
import type { Person } from "@/api/types";
import { EmptyState } from "@/components/States";
import { useT } from "@/i18n";

function Home() {
  const t = useT();
  return (
    <Button component={Link} to="/" variant="default">
      {t("state.home")}
    </Button>
  );
}

export function NotFound() {
  const t = useT();
  return (
    <EmptyState icon={Compass} title={t("state.not_found_title")} action={<Home />}>
      {t("state.not_found")}
    </EmptyState>
  );
}

export function Forbidden({ person }: { person: Person }) {
  const t = useT();
  return (
    <EmptyState icon={Lock} title={t("state.forbidden_title")} action={<Home />}>
      {t("state.forbidden", { role: t(`role.${person.role}`) })}
    </EmptyState>
  );
}
