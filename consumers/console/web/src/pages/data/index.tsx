import { Navigate, Route, Routes } from "react-router";
import { DatasetPage } from "./DatasetPage";
import { DatasetsPage } from "./DatasetsPage";
import { FramesPage } from "./FramesPage";

/** What the topics hold: frames to choose from, and the datasets that were made of them. */
export default function DataPage() {
  return (
    <Routes>
      <Route index element={<Navigate to="datasets" replace />} />
      <Route path="frames" element={<FramesPage />} />
      <Route path="datasets" element={<DatasetsPage />} />
      <Route path="datasets/:digest" element={<DatasetPage />} />
      <Route path="*" element={<Navigate to="/data" replace />} />
    </Routes>
  );
}
