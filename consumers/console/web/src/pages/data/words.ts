import type { TextKey } from "@/i18n";

const STATES: Record<string, TextKey> = {
  queued: "data.state_queued",
  running: "data.state_running",
  done: "data.state_done",
  failed: "data.state_failed",
  cancelled: "data.state_cancelled",
};

/** The text for a build's state. */
export const stateKey = (state: string): TextKey => STATES[state] ?? "data.state_running";

const PHASES: Record<string, TextKey> = {
  "reading labels": "data.phase_labels",
  "looking for frames": "data.phase_frames",
  "reading images": "data.phase_images",
  "keeping images": "data.phase_keeping",
  "writing the manifest": "data.phase_manifest",
};

/** The text for a build's phase; null for one this page does not know, which is shown as it is. */
export const phaseKey = (phase: string): TextKey | null => PHASES[phase] ?? null;

/** A name a dataset may have: small letters, digits and dashes inside, as the server wants it. */
export const isName = (name: string): boolean => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name);

/** `2026-11-25T08:00` of this machine's time zone as Unix microseconds; null when it is no time. */
export function microsOf(local: string): number | null {
  const ms = new Date(local).getTime();
  return Number.isNaN(ms) ? null : ms * 1000;
}

/** A time as the form's field wants it, in this machine's time zone. */
export function localOf(ms: number): string {
  const at = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return at.toISOString().slice(0, 16);
}
