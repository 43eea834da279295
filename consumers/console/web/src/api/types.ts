/** What the console's HTTP API speaks. Times are Unix microseconds, boxes integer pixels of the image as captured. */

export type Role = "inspector" | "model_developer" | "operations_manager" | "product_manager";
export type Language = "en" | "ko";
export type Verdict = "pass" | "fail" | "review" | "error";

export interface Person {
  name: string;
  full_name: string;
  role: Role;
  admin: boolean;
  skills: string[];
  language: Language;
  must_change_password: boolean;
}

export interface Session {
  person: Person | null;
  first_run: boolean;
  version: string;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
}

export interface Box {
  label: string;
  x: number;
  y: number;
  w: number;
  h: number;
  score?: number | null;
}

export interface Alarm {
  alarm_id: string;
  kind: string;
  severity: "info" | "warning" | "critical";
  raised: boolean;
  at_us: number;
  edge_id: string | null;
  camera_id: string | null;
  message: string;
  value: number | null;
  bound: number | null;
}

export interface ModelOfEdge {
  name: string;
  version: string;
  digest: string;
  kind: string;
}

export interface EdgeView {
  edge_id: string;
  line: string | null;
  tags: string[];
  product: string | null;
  state: string;
  trouble: string | null;
  model: ModelOfEdge | null;
  config_revision: number | null;
  instances: number;
  cameras: string[];
  last_seen_us: number | null;
  lag: number | null;
  hour: {
    inspections: number;
    verdicts: Partial<Record<Verdict, number>>;
    missing: number;
    latency_p50_ms: number | null;
    latency_p99_ms: number | null;
  };
}

export type LabelOutcome = "labeled" | "unsure" | "skipped" | "unusable";
export type LabelRound = "first" | "second" | "adjudication" | "correction" | "imported";

export interface Lease {
  fencing_token: number;
  expires_at_us: number;
}

export interface Draft {
  outcome: LabelOutcome | null;
  label: string | null;
  boxes: Box[];
  note: string | null;
  saved_at_us: number;
}

export interface EarlierLabel {
  who: "A" | "B";
  outcome: LabelOutcome;
  label: string | null;
  boxes: Box[];
  note: string | null;
}

export interface TaskWithoutLease {
  task_id: string;
  frame_id: string;
  edge_id: string;
  camera_id: string;
  sequence: number;
  captured_at_us: number;
  reason: string;
  round: LabelRound;
  priority: number;
  skill: string | null;
  part_id: string | null;
  product: string | null;
  verdict: Verdict | null;
  prediction: { label: string | null; score: number; boxes: Box[] } | null;
  image_url: string;
  thumbnail_url: string;
  image_width: number | null;
  image_height: number | null;
  classes: string[];
  draw_boxes: boolean;
  draft: Draft | null;
  earlier: EarlierLabel[];
}

export interface TaskView extends TaskWithoutLease {
  lease: Lease;
}

export interface LabelEdge {
  edge_id: string;
  line: string | null;
  product: string | null;
  open: number;
  oldest_us: number | null;
  classes: string[];
  draw_boxes: boolean;
  guide: Record<string, string>;
  examples: Record<string, string[]>;
  kappa: number | null;
}

export interface LabelSubmit {
  task_id: string;
  fencing_token: number;
  outcome: LabelOutcome;
  label: string | null;
  boxes: Box[];
  image_width: number;
  image_height: number;
  note: string | null;
  seconds_taken: number;
  prediction_shown: boolean;
}

export interface LabelCorrection {
  label_id: string;
  outcome: LabelOutcome;
  label: string | null;
  boxes: Box[];
  image_width: number;
  image_height: number;
  note: string | null;
  seconds_taken: number;
}

export interface LabelReceipt {
  label_id: string;
  version: number;
}

export interface RecentLabel {
  label_id: string;
  task: TaskWithoutLease;
  outcome: LabelOutcome;
  label: string | null;
  boxes: Box[];
  note: string | null;
  labeled_at_us: number;
  version: number;
}

export interface LabelProgress {
  mine_today: number;
  seconds_per_label: number | null;
  queue_left: number;
  team_today: number;
}

export interface InspectionView {
  frame_id: string;
  edge_id: string;
  camera_id: string;
  sequence: number;
  captured_at_us: number;
  inspected_at_us: number;
  verdict: Verdict;
  reason: string | null;
  defect_class: string | null;
  score: number | null;
  scores: Record<string, number>;
  margin: number | null;
  boxes: Box[];
  image_width: number | null;
  image_height: number | null;
  image_url: string;
  thumbnail_url: string;
  model: ModelOfEdge | null;
  config_revision: number | null;
  part_id: string | null;
  product: string | null;
  brightness: number | null;
  blur: number | null;
  latency_ms: Record<"transport" | "queue" | "decode" | "preprocess" | "infer" | "judge" | "total", number | null>;
  deadline_missed: boolean;
  shadow: unknown;
  label: { label: string | null; outcome: LabelOutcome; labeler: string; labeled_at_us: number } | null;
}

export interface Build {
  build_id: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  done: number;
  total: number;
  phase: string;
  missing: string[];
  digest: string | null;
  detail: string | null;
}
