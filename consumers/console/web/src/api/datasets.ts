import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { request } from "./client";
import type { Build, Views } from "./types";
import { useEvents } from "./useLive";

export type Dataset = Views["DatasetView"];
export type DatasetDetail = Views["DatasetDetailView"];
export type DatasetImage = Views["DatasetImageView"];
export type DatasetDiff = Views["DatasetDiffView"];
export type BuildBody = Views["BuildBody"];
export const SPLITS = ["train", "validation", "test"] as const;
export type Split = (typeof SPLITS)[number];

const DATASETS = ["datasets"] as const;
const BUILDS = ["dataset-builds"] as const;

/** Whether a build still goes on. */
export const isGoing = (build: Build): boolean => build.state === "queued" || build.state === "running";

/** Datasets that were built, here or on the command line, the newest first. */
export function useDatasets() {
  const queries = useQueryClient();
  useEvents("dataset", () => void queries.invalidateQueries({ queryKey: DATASETS }));
  return useQuery({
    queryKey: DATASETS,
    queryFn: ({ signal }) => request<Dataset[]>("GET", "/api/datasets", { signal }),
    refetchInterval: 60_000,
  });
}

/** One dataset, with what its manifest says. */
export function useDataset(digest: string) {
  return useQuery({
    queryKey: [...DATASETS, digest],
    queryFn: ({ signal }) => request<DatasetDetail>("GET", `/api/datasets/${encodeURIComponent(digest)}`, { signal }),
    staleTime: Infinity,
  });
}

/** What is different in b; nothing is asked until both are there. */
export function useDatasetDiff(a: string | null, b: string) {
  return useQuery({
    queryKey: ["dataset-diff", a, b],
    queryFn: ({ signal }) => request<DatasetDiff>("GET", "/api/dataset-diff", { signal, query: { a, b } }),
    enabled: a !== null,
    staleTime: Infinity,
  });
}

/** Builds, the newest first; those that go on move by themselves. */
export function useBuilds() {
  const queries = useQueryClient();
  useEvents("build", (build) => {
    queries.setQueryData<Build[]>(BUILDS, (before) => {
      if (!before) return before;
      const known = before.some((one) => one.build_id === build.build_id);
      return known ? before.map((one) => (one.build_id === build.build_id ? build : one)) : [build, ...before];
    });
    if (build.state === "done") void queries.invalidateQueries({ queryKey: DATASETS });
  });
  return useQuery({
    queryKey: BUILDS,
    queryFn: ({ signal }) => request<Build[]>("GET", "/api/dataset-builds", { signal }),
    refetchInterval: (query) => (query.state.data?.some(isGoing) ? 2_000 : 60_000),
  });
}

/** Ask for a build or a preview of one. */
export function useAskForBuild() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: BuildBody) => request<Build>("POST", "/api/dataset-builds", { body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: BUILDS }),
  });
}

/** Stop a build. */
export function useCancelBuild() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<Build>("POST", `/api/dataset-builds/${encodeURIComponent(id)}/cancel`),
    onSuccess: () => queries.invalidateQueries({ queryKey: BUILDS }),
  });
}
