import type { Person, Role } from "@/api/types";

export const EVERY_ROLE: readonly Role[] = ["inspector", "model_developer", "operations_manager", "product_manager"];

/** What a person may do; the same table as consumers/console/permissions.py, which is what counts: here it only decides what is shown. */
const ROLES = {
  monitor: ["inspector", "model_developer", "operations_manager", "product_manager"],
  label: ["inspector", "model_developer"],
  ask_for_labels: ["inspector", "model_developer", "operations_manager"],
  read_datasets: ["model_developer", "operations_manager", "product_manager"],
  build_datasets: ["model_developer"],
  write_policies: ["model_developer", "operations_manager"],
  read_audit: ["operations_manager"],
  read_dead_letters: ["operations_manager", "model_developer"],
  manage_people: [],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof ROLES;

const ADMIN: readonly Permission[] = ["read_audit", "read_dead_letters", "manage_people"];

export function may(person: Person, permission: Permission): boolean {
  const roles: readonly Role[] = ROLES[permission];
  return roles.includes(person.role) || (person.admin && ADMIN.includes(permission));
}

export const mayAny = (person: Person, permissions: readonly Permission[]): boolean =>
  permissions.some((permission) => may(person, permission));
