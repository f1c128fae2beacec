import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import globals from "globals";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["dist", "package", "node_modules", "test/package"] },
  { files: ["**/*.js"], ...js.configs.recommended },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [js.configs.recommended, ts.configs.strictTypeChecked, hooks.configs.flat.recommended],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "max-lines": ["error", { max: 250 }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/consistent-type-imports": "error",
    },
  },
  // One thing arrives through one door: the wire's words live in src/protocol, the media code knows no React.
  {
    files: ["src/sfu/**", "src/protocol/**", "src/broadcast/**"],
    rules: {
      "no-restricted-imports": ["error", { paths: ["react", "react-dom"], patterns: ["**/hooks/*", "**/components/*"] }],
    },
  },
);
