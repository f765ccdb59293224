// The work that is measured: trees of GetUser with its three children.
const CHILDREN = ["GetInfo", "GetDetail", "GetScores"];

function setAttributes(span) {
  span.setAttribute("user.id", 100);
  span.setAttribute("user.found", true);
}

export function recordTrees(tracer, trees) {
  for (let i = 0; i < trees; i++) {
    tracer.startActiveSpan("GetUser", (user) => {
      setAttributes(user);
      for (const name of CHILDREN) {
        tracer.startActiveSpan(name, (child) => {
          setAttributes(child);
          child.end();
        });
      }
      user.end();
    });
  }
}
