import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";
import type { Language } from "@/api/types";
import { account } from "./catalogue/account";
import { admin } from "./catalogue/admin";
import { data } from "./catalogue/data";
import { frame } from "./catalogue/frame";
import { label } from "./catalogue/label";
import { monitor } from "./catalogue/monitor";
import { problem } from "./catalogue/problem";

/** Every text of the console, English and Korean side by side: a key without either does not compile. */
export const catalogue = { ...frame, ...account, ...label, ...monitor, ...data, ...admin, ...problem } as const;

export type TextKey = keyof typeof catalogue;

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: Record<TextKey, string> };
    keySeparator: false;
    nsSeparator: false;
    returnNull: false;
  }
}

function texts(index: 0 | 1): Record<string, string> {
  return Object.fromEntries(Object.entries(catalogue).map(([key, pair]) => [key, pair[index]]));
}

export const LANGUAGES: readonly { value: Language; name: string }[] = [
  { value: "en", name: "English" },
  { value: "ko", name: "한국어" },
];

const KEPT = "linewatch.language";

function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === "en" || kept === "ko") return kept;
  return navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en";
}

export async function startTexts(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: texts(0) }, ko: { translation: texts(1) } },
    lng: firstLanguage(),
    fallbackLng: "en",
    keySeparator: false,
    nsSeparator: false,
    returnNull: false,
    interpolation: { escapeValue: false },
  });
  dress(i18next.language as Language);
  // Korean letters are for names and labels too, whatever the language; the browser fetches only the pieces it draws.
  void import("@fontsource-variable/noto-sans-kr/wght.css");
}

export async function setLanguage(language: Language): Promise<void> {
  if (i18next.language === language) return;
  localStorage.setItem(KEPT, language);
  await i18next.changeLanguage(language);
  dress(language);
}

function dress(language: Language): void {
  document.documentElement.lang = language;
}

export type Translate = ReturnType<typeof useT>;

/** Texts of the language chosen. */
export function useT() {
  return useTranslation().t;
}

export function useLanguage(): Language {
  return useTranslation().i18n.language === "ko" ? "ko" : "en";
}
