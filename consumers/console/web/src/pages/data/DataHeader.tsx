import { Tabs } from "@mantine/core";
import type { ReactNode } from "react";
import { useLocation, useNavigate } from "react-router";
import { PageHeader } from "@/components/PageHeader";
import { useT } from "@/i18n";

/** The header of the pages under /data: their name, the way between them, their acts. */
export function DataHeader({ actions }: { actions?: ReactNode }) {
  const t = useT();
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const here = pathname.startsWith("/data/frames") ? "frames" : "datasets";
  return (
    <PageHeader
      title={t("nav.data")}
      beside={
        <Tabs
          value={here}
          variant="pills"
          onChange={(next) => void navigate({ pathname: `/data/${next ?? "datasets"}`, search })}
        >
          <Tabs.List>
            <Tabs.Tab value="datasets">{t("data.datasets")}</Tabs.Tab>
            <Tabs.Tab value="frames">{t("data.frames")}</Tabs.Tab>
          </Tabs.List>
        </Tabs>
      }
      actions={actions}
    />
  );
}
