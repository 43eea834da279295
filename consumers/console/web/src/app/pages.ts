import { Activity, Database, ShieldCheck, Tags, type LucideIcon } from "lucide-react";
import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import type { Person, Role } from "@/api/types";
import { mayAny, type Permission } from "@/permissions";

export type PageName = "monitor" | "label" | "data" | "admin";

export interface Page {
  name: PageName;
  /** Path of the rail's entry; the page routes everything below it itself. */
  path: string;
  icon: LucideIcon;
  /** Any of these lets a person see it. */
  needs: readonly Permission[];
  component: LazyExoticComponent<ComponentType>;
}

/** The console's pages in the rail's order; each is a chunk of its own. */
export const PAGES: readonly Page[] = [
  {
    name: "monitor",
    path: "/monitor",
    icon: Activity,
    needs: ["monitor"],
    component: lazy(() => import("@/pages/monitor")),
  },
  { name: "label", path: "/label", icon: Tags, needs: ["label"], component: lazy(() => import("@/pages/label")) },
  {
    name: "data",
    path: "/data",
    icon: Database,
    needs: ["read_datasets"],
    component: lazy(() => import("@/pages/data")),
  },
  {
    name: "admin",
    path: "/admin",
    icon: ShieldCheck,
    needs: ["read_audit", "read_dead_letters", "manage_people", "write_policies"],
    component: lazy(() => import("@/pages/admin")),
  },
];

export const pagesOf = (person: Person): readonly Page[] => PAGES.filter((page) => mayAny(person, page.needs));

/** Each of the four lands where their day is. */
const LANDING: Record<Role, string> = {
  inspector: "/label",
  model_developer: "/data",
  operations_manager: "/monitor",
  product_manager: "/monitor",
};

export const landing = (person: Person): string => LANDING[person.role];
