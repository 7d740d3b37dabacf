// What notebooks show looks for JupyterLab's mark of a dark theme, and pictures for the system's: they follow this page's.
document.addEventListener("DOMContentLoaded", () => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    const theme = document.body.dataset.theme;
    const isDark = theme === "dark" || (theme !== "light" && system.matches);
    document.body.dataset.jpThemeLight = String(!isDark);
    for (const source of document.querySelectorAll("picture source")) source.media = isDark ? "all" : "not all";
  };
  new MutationObserver(follow).observe(document.body, { attributeFilter: ["data-theme"] });
  system.addEventListener("change", follow);
  follow();
});

// Beside each result the search shows where the words stand, which it fetches: nothing can be fetched from a folder.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// What the theme leaves to say to those who do not see, or use no mouse.
document.addEventListener("DOMContentLoaded", () => {
  for (const caption of document.querySelectorAll(".caption[role=heading]")) caption.ariaLevel = "2";
  for (const code of document.querySelectorAll("pre")) if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
});
