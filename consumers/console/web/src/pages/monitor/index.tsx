import { Navigate, Route, Routes } from "react-router";
import { Wall } from "./Wall";

/** The plant at a glance: edges, and the verdicts as they come; below it one inspection, addressed by its frame. */
export default function MonitorPage() {
  return (
    <Routes>
      <Route index element={<Wall />} />
      <Route path="frames/:camera/:sequence" element={<Wall />} />
      <Route path="*" element={<Navigate to="/monitor" replace />} />
    </Routes>
  );
}
