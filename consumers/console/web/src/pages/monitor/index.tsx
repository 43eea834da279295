import { PageHeader } from "@/components/PageHeader";
import { useT } from "@/i18n";

export default function MonitorPage() {
  const t = useT();
  return <PageHeader title={t("nav.monitor")} />;
}
