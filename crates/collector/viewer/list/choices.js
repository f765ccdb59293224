// What the collector has in, the choices of the search form out: services, and the operations of the one that is chosen.

import { getJson } from "../shared/api.js";

/** { load(service), names() }. `onServices` is told when there are others than before. */
export function choices(form, onServices) {
  let services = [];
  let asked = "";

  async function loadServices() {
    const { data } = await getJson("/api/services");
    if (data.length !== services.length || data.some((name, at) => name !== services[at])) {
      services = data;
      form.setServices(services);
      onServices();
    }
  }

  async function loadOperations(service) {
    asked = service;
    const answer = service ? await getJson(`/api/operations?${new URLSearchParams({ service })}`) : { data: [] };
    // Another service may have been chosen meanwhile.
    if (asked === service) {
      form.setOperations([...new Set(answer.data.map(({ name }) => name))]);
    }
  }

  return {
    /** Choices are a help: without them the fields are typed into, and the list says what is wrong. */
    load: (service) => Promise.allSettled([loadServices(), loadOperations(service)]),
    names: () => services,
  };
}
