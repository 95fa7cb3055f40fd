/* global React, ReactDOM, GraphiQL, document, fetch, location */
fetch('/graphiql/example.graphql')
  .then(response => (response.ok ? response.text() : ''))
  .then(defaultQuery => {
    // Subscriptions go over a socket (graphql-ws is in GraphiQL's bundle); its first message carries what stands under Headers.
    const subscriptionUrl = `${location.origin.replace(/^http/, 'ws')}/graphql`;
    const fetcher = GraphiQL.createFetcher({ url: '/graphql', subscriptionUrl });
    ReactDOM.createRoot(document.getElementById('graphiql')).render(
      React.createElement(GraphiQL, {
        fetcher,
        defaultQuery,
        isHeadersEditorEnabled: true,
        defaultEditorToolsVisibility: 'headers',
      }),
    );
  });
