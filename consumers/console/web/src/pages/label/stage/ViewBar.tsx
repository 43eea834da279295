import { ActionIcon, Slider, Tooltip, UnstyledButton } from "@mantine/core";
import {
  CloudUpload,
  Columns2,
  Contrast,
  Eye,
  EyeOff,
  Maximize,
  Minus,
  Plus,
  RotateCcw,
  Sparkles,
  SquareDashedMousePointer,
  Sun,
  SquareMousePointer,
  CircleCheck,
  type LucideIcon,
} from "lucide-react";
import { Key } from "@/components/Keys";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import type { Tool } from "../model/work";
import type { Sticky } from "./sticky";
import styles from "./ViewBar.module.css";

interface ToggleProps {
  icon: LucideIcon;
  text: string;
  keyName: string;
  on: boolean;
  disabled?: boolean;
  hint?: string;
  onToggle: () => void;
}

function Toggle({ icon: Icon, text, keyName, on, disabled = false, hint, onToggle }: ToggleProps) {
  return (
    <Tooltip label={hint ?? text}>
      <UnstyledButton
        className={styles.toggle}
        aria-pressed={on}
        aria-keyshortcuts={keyName}
        aria-disabled={disabled}
        aria-label={hint ?? text}
        onClick={() => !disabled && onToggle()}
      >
        <Icon size={16} strokeWidth={1.75} aria-hidden />
        <span className={styles.wide}>{text}</span>
        <Key hidden>{keyName}</Key>
      </UnstyledButton>
    </Tooltip>
  );
}

function Adjust({
  icon: Icon,
  name,
  value,
  onChange,
}: {
  icon: LucideIcon;
  name: string;
  value: number;
  onChange: (value: number) => void;
}) {
  const format = useFormat();
  return (
    <div className={styles.adjust}>
      <Tooltip label={name}>
        <Icon size={15} strokeWidth={1.75} aria-hidden />
      </Tooltip>
      <Slider
        className={styles.slider ?? ""}
        size={3}
        thumbSize={14}
        min={0.2}
        max={3}
        step={0.05}
        value={value}
        thumbLabel={name}
        label={(now) => format.percent(now, 0)}
        onChange={onChange}
      />
    </div>
  );
}

interface Props {
  sticky: Sticky;
  onSticky: (change: Partial<Sticky>) => void;
  onZoom: (factor: number) => void;
  onFit: () => void;
  prediction: { shown: boolean; possible: boolean; why: string; toggle: () => void };
  boxes: { hidden: boolean; toggle: () => void } | null;
  tools: { tool: Tool; choose: (tool: Tool) => void } | null;
  /** Only where two labels are to be decided between. */
  compare: { on: boolean; toggle: () => void } | null;
  waiting: number;
}

/** The line below the image: how one looks at it, and whether all is sent. */
export function ViewBar({ sticky, onSticky, onZoom, onFit, prediction, boxes, tools, compare, waiting }: Props) {
  const t = useT();
  const format = useFormat();
  const adjusted = sticky.brightness !== 1 || sticky.contrast !== 1;
  return (
    <div className={styles.bar}>
      <Toggle
        icon={Sparkles}
        text={t("label.prediction")}
        keyName="P"
        on={prediction.shown && prediction.possible}
        disabled={!prediction.possible}
        {...(prediction.possible ? {} : { hint: prediction.why })}
        onToggle={prediction.toggle}
      />
      {compare && (
        <Toggle
          icon={Columns2}
          text={t("label.compare_both")}
          hint={t("label.compare_both_hint")}
          keyName="C"
          on={compare.on}
          onToggle={compare.toggle}
        />
      )}
      {tools && (
        <>
          <Toggle
            icon={SquareMousePointer}
            text={t("label.tool_box")}
            hint={t("label.tool_box_hint")}
            keyName="B"
            on={tools.tool === "box"}
            onToggle={() => tools.choose("box")}
          />
          <Toggle
            icon={SquareDashedMousePointer}
            text={t("label.tool_extreme")}
            hint={t("label.tool_extreme_hint")}
            keyName="E"
            on={tools.tool === "extreme"}
            onToggle={() => tools.choose("extreme")}
          />
        </>
      )}
      {boxes && (
        <Toggle
          icon={boxes.hidden ? EyeOff : Eye}
          text={t("label.hide_boxes")}
          keyName="H"
          on={boxes.hidden}
          onToggle={boxes.toggle}
        />
      )}
      <span className={styles.space} />
      <Adjust
        icon={Sun}
        name={t("label.brightness")}
        value={sticky.brightness}
        onChange={(brightness) => onSticky({ brightness })}
      />
      <Adjust
        icon={Contrast}
        name={t("label.contrast")}
        value={sticky.contrast}
        onChange={(contrast) => onSticky({ contrast })}
      />
      <Tooltip label={t("label.reset_adjust")}>
        <ActionIcon
          aria-label={t("label.reset_adjust")}
          style={{ visibility: adjusted ? "visible" : "hidden" }}
          onClick={() => onSticky({ brightness: 1, contrast: 1 })}
        >
          <RotateCcw size={14} />
        </ActionIcon>
      </Tooltip>
      <div className={styles.zoom}>
        <ActionIcon aria-label={t("label.zoom_out")} aria-keyshortcuts="-" onClick={() => onZoom(1 / 1.4)}>
          <Minus size={15} />
        </ActionIcon>
        <span className={`${styles.percent ?? ""} lw-figures`}>{format.percent(sticky.view.zoom, 0)}</span>
        <ActionIcon aria-label={t("label.zoom_in")} aria-keyshortcuts="+" onClick={() => onZoom(1.4)}>
          <Plus size={15} />
        </ActionIcon>
        <Tooltip label={t("label.zoom_fit")}>
          <ActionIcon aria-label={t("label.zoom_fit")} aria-keyshortcuts="0" onClick={onFit}>
            <Maximize size={14} />
          </ActionIcon>
        </Tooltip>
      </div>
      <Tooltip label={waiting > 0 ? t("label.pending_hint") : t("label.saved")}>
        <span className={styles.sent} data-waiting={waiting > 0} data-testid="outbox">
          {waiting > 0 ? <CloudUpload size={15} aria-hidden /> : <CircleCheck size={15} aria-hidden />}
          <span className={waiting > 0 ? "" : styles.wide}>
            {waiting > 0 ? t("label.pending", { count: waiting }) : t("label.saved")}
          </span>
        </span>
      </Tooltip>
    </div>
  );
}
