import "graphiql/setup-workers/vite";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./playground.css";

import { createRoot } from "react-dom/client";

import { Playground } from "./playground";

const place = document.getElementById("playground");
if (!place) throw new Error("The page has no element with the id playground.");
createRoot(place).render(<Playground />);
