import { useLanguage } from "@/i18n";
import type { Language } from "@/api/types";

const LOCALES: Record<Language, string> = { en: "en-GB", ko: "ko-KR" };

/** The time zone of the person's machine, as it is named in the language. */
export function zoneName(language: Language, at = new Date()): string {
  const parts = new Intl.DateTimeFormat(LOCALES[language], { timeZoneName: "short" }).formatToParts(at);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "UTC";
}

/** `25 Nov 2026, 14:03:22 GMT+9`: date, time to the second and the zone. */
export function absoluteTime(us: number, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "medium", timeStyle: "long" }).format(us / 1000);
}

export function clockTime(ms: number, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { timeStyle: "medium" }).format(ms);
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** `3 minutes ago`, in the largest unit that fits; under five seconds it is `now`. */
export function relativeTime(us: number, language: Language, nowMs = Date.now()): string {
  const seconds = Math.round((us / 1000 - nowMs) / 1000);
  // What lies a little ahead is this page's clock being behind, not the future.
  const soon = seconds > 0 && seconds < 60;
  const format = new Intl.RelativeTimeFormat(LOCALES[language], { numeric: "auto", style: "short" });
  if (soon || Math.abs(seconds) < 5) return format.format(0, "second");
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return format.format(Math.trunc(seconds / size), unit);
}

/** How long something took or has lasted: `240 ms`, `3.2 s`, `4 min`, `3 h`, `2 d`. */
export function duration(seconds: number, language: Language): string {
  const [value, unit, digits] = ((): [number, string, number] => {
    if (seconds < 1) return [seconds * 1000, "ms", 0];
    if (seconds < 60) return [seconds, "s", 1];
    if (seconds < 3600) return [seconds / 60, "min", 0];
    if (seconds < 172_800) return [seconds / 3600, "h", 0];
    return [seconds / 86_400, "d", 0];
  })();
  return `${number(value, language, digits)} ${unit}`;
}

export function number(value: number, language: Language, digits = 0): string {
  return new Intl.NumberFormat(LOCALES[language], { maximumFractionDigits: digits }).format(value);
}

const SIZES = ["kB", "MB", "GB", "TB"] as const;

/** Bytes as people read them: `312 kB`, `1.4 GB`; powers of ten, as disks are sold. */
export function byteSize(bytes: number, language: Language): string {
  let [value, unit]: [number, string] = [bytes / 1000, "kB"];
  for (const next of SIZES.slice(1)) {
    if (value < 1000) break;
    [value, unit] = [value / 1000, next];
  }
  return `${number(value, language, value < 10 ? 1 : 0)} ${unit}`;
}

export function percent(share: number, language: Language, digits = 1): string {
  return new Intl.NumberFormat(LOCALES[language], { style: "percent", maximumFractionDigits: digits }).format(share);
}

/** The formats above in the language chosen. */
export function useFormat() {
  const language = useLanguage();
  return {
    absolute: (us: number) => absoluteTime(us, language),
    clock: (ms: number) => clockTime(ms, language),
    relative: (us: number, nowMs?: number) => relativeTime(us, language, nowMs),
    duration: (seconds: number) => duration(seconds, language),
    number: (value: number, digits?: number) => number(value, language, digits),
    size: (bytes: number) => byteSize(bytes, language),
    percent: (share: number, digits?: number) => percent(share, language, digits),
    zone: () => zoneName(language),
  };
}
