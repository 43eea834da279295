import type { Views } from "@/api/types";

type Policy = Views["PolicyView"];
export type PolicyFields = Required<Views["PolicyFields"]>;

/** What is in force for an edge without a policy of its own: as in schemas/records/operations.py. */
const DEFAULTS: PolicyFields = {
  revision: 0,
  line: null,
  tags: [],
  product: null,
  cameras: [],
  part_deadline_us: 10_000_000,
  sample_rate: 0.01,
  near_threshold: 0.05,
  second_label_rate: 0.05,
  queue_cap: 500,
  skill: null,
  drift_bound: 0.25,
  bandwidth: null,
  window: null,
  classes: [],
  draw_boxes: false,
  guide: {},
};

/** The fields to edit: those of the policy in force, else the defaults that are in force without one. */
export function fieldsOf(policy: Policy | undefined): PolicyFields {
  const kept = policy && Object.entries(policy).filter(([name]) => !["edge_id", "set_by", "set_at_us"].includes(name));
  return { ...DEFAULTS, ...(kept && (Object.fromEntries(kept) as Partial<PolicyFields>)) };
}

/** The fields as they are sent: words for classes that are no longer there go, empty words are none. */
export function cleaned(fields: PolicyFields): PolicyFields {
  const word = (text: string | null) => (text === null || text.trim() === "" ? null : text.trim());
  const guide = Object.fromEntries(
    Object.entries(fields.guide).filter(([name, words]) => fields.classes.includes(name) && words.trim() !== ""),
  );
  return { ...fields, line: word(fields.line), product: word(fields.product), skill: word(fields.skill), guide };
}
