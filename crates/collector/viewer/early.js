// Applies the remembered theme before anything is painted. A classic script: modules wait for the whole document.

(() => {
  try {
    const theme = localStorage.getItem("viewer.theme");
    if (theme === "dark" || theme === "light") {
      document.documentElement.dataset.theme = theme;
    }
  } catch {
    // Without storage it is the system's theme.
  }
})();
