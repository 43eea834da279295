import { ActionIcon, Popover, ScrollArea, Text } from "@mantine/core";
import { Bell, CircleAlert, Info, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useAlarms } from "@/api/plant";
import type { Alarm } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { EmptyState } from "@/components/States";
import { useT } from "@/i18n";
import styles from "./TopBar.module.css";

const ICONS = { info: Info, warning: TriangleAlert, critical: CircleAlert };

function AlarmLine({ alarm }: { alarm: Alarm }) {
  const Icon = ICONS[alarm.severity];
  return (
    <li className={styles.alarm}>
      <Icon size={14} className={styles.severity} data-severity={alarm.severity} aria-label={alarm.severity} />
      <Text size="sm" fw={600} truncate>
        {[alarm.edge_id, alarm.camera_id].filter(Boolean).join(" / ") || alarm.kind}
      </Text>
      <Text size="xs" className="lw-dim">
        <RelativeTime us={alarm.at_us} />
      </Text>
      <p>{alarm.message}</p>
    </li>
  );
}

export function AlarmsMenu() {
  const t = useT();
  const [opened, setOpened] = useState(false);
  const alarms = useAlarms().data ?? [];
  const text = alarms.length > 0 ? t("bar.alarms_count", { count: alarms.length }) : t("bar.alarms");
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={380} trapFocus withinPortal>
      <Popover.Target>
        <ActionIcon size="lg" pos="relative" aria-label={text} onClick={() => setOpened((was) => !was)}>
          <Bell size={17} strokeWidth={1.75} />
          {alarms.length > 0 && (
            <span className={styles.count} aria-hidden>
              {alarms.length > 99 ? "99+" : alarms.length}
            </span>
          )}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label={t("bar.alarms")}>
        {alarms.length === 0 ? (
          <EmptyState icon={Bell} title={t("bar.alarms_none")}>
            {t("bar.alarms_none_hint")}
          </EmptyState>
        ) : (
          <ScrollArea.Autosize mah={420} viewportProps={{ tabIndex: 0 }}>
            <ul style={{ margin: 0, padding: 0, listStyle: "none" }}>
              {alarms.map((alarm) => (
                <AlarmLine key={alarm.alarm_id} alarm={alarm} />
              ))}
            </ul>
          </ScrollArea.Autosize>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
