/* global React, ReactDOM, GraphiQL, document, fetch, location */
/** The tabs of the first visit; later visits find what was left in them. */
const tabs = [
  'example',
  'examples/place-order',
  'examples/newest-order',
  'examples/order-eta',
  'examples/my-orders',
  'examples/other-roles',
];
const headers = '{ "authorization": "Bearer <token>" }';

async function tabOf(name, index) {
  const response = await fetch(`/graphiql/${name}.graphql`);
  return { query: response.ok ? await response.text() : '', ...(index > 0 && { headers }) };
}

Promise.all(tabs.map(tabOf)).then(defaultTabs => {
  // Subscriptions go over a socket (graphql-ws is in GraphiQL's bundle); its first message carries what stands under Headers.
  const subscriptionUrl = `${location.origin.replace(/^http/, 'ws')}/graphql`;
  const fetcher = GraphiQL.createFetcher({ url: '/graphql', subscriptionUrl });
  ReactDOM.createRoot(document.getElementById('graphiql')).render(
    React.createElement(GraphiQL, {
      fetcher,
      defaultTabs,
      isHeadersEditorEnabled: true,
      defaultEditorToolsVisibility: 'headers',
      // Development tokens, in a page that production does not serve: they outlive a reload and are there in a second window.
      shouldPersistHeaders: true,
    }),
  );
});
