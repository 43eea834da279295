import {
  ActionIcon,
  Button,
  createTheme,
  InputWrapper,
  localStorageColorSchemeManager,
  Modal,
  Table,
  Tooltip,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from "@mantine/core";

/** The one accent: a calm indigo that is none of the verdicts' colours. Shade 6 has 4.5:1 with white. */
const accent: MantineColorsTuple = [
  "#eef1ff",
  "#dbe1ff",
  "#b9c3ff",
  "#93a2ff",
  "#7386fb",
  "#5a70f2",
  "#4259e6",
  "#3548c4",
  "#2b3a9d",
  "#232f7c",
];

/** Neutral greys with a trace of blue; 6 and 7 are what panels and the page lie on in the dark. */
const dark: MantineColorsTuple = [
  "#d5dae3",
  "#aeb6c4",
  "#8d96a7",
  "#667085",
  "#39424f",
  "#2b323d",
  "#1d232c",
  "#12161c",
  "#0d1014",
  "#080a0d",
];

const gray: MantineColorsTuple = [
  "#f7f8fa",
  "#eff1f4",
  "#e4e7ec",
  "#d3d8e0",
  "#b8bfca",
  "#8b94a3",
  "#626b7a",
  "#485060",
  "#2f3643",
  "#1b212b",
];

export const theme = createTheme({
  primaryColor: "accent",
  primaryShade: { light: 6, dark: 6 },
  colors: { accent, dark, gray },
  fontFamily:
    '"Inter Variable", "Noto Sans KR Variable", "Malgun Gothic", "Apple SD Gothic Neo", system-ui, -apple-system, "Segoe UI", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  headings: {
    fontWeight: "600",
    sizes: { h1: { fontSize: "1.25rem" }, h2: { fontSize: "1rem" }, h3: { fontSize: "0.875rem" } },
  },
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "7px", lg: "10px", xl: "14px" },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    InputWrapper: InputWrapper.extend({
      styles: { label: { marginBottom: 5 }, description: { fontSize: "0.75rem", marginBottom: 6, lineHeight: 1.4 } },
    }),
    Button: Button.extend({ defaultProps: { size: "sm" } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray" } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 400, withArrow: false, events: { hover: true, focus: true, touch: false } },
    }),
    // Links keep 4.5:1 on the row under the pointer, which Mantine's own grey does not give them in the dark.
    Table: Table.extend({ defaultProps: { highlightOnHoverColor: "var(--lw-hover)" } }),
    Modal: Modal.extend({ defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.5, blur: 2 } } }),
  },
});

/** What Mantine says in grey and red, with 4.5:1 on every ground of both themes. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#5a6373",
    "--mantine-color-placeholder": "#5a6373",
    "--mantine-color-error": "#b8400a",
    "--mantine-color-text": "#161b24",
  },
  dark: {
    "--mantine-color-dimmed": "#9aa4b5",
    "--mantine-color-placeholder": "#9aa4b5",
    "--mantine-color-error": "#ff8a54",
    "--mantine-color-text": "#e7eaf0",
  },
});

export const colorScheme = localStorageColorSchemeManager({ key: "linewatch.theme" });
