/* global React, ReactDOM, GraphiQL, document, fetch */
fetch('/graphiql/example.graphql')
  .then(response => (response.ok ? response.text() : ''))
  .then(defaultQuery => {
    const fetcher = GraphiQL.createFetcher({ url: '/graphql' });
    ReactDOM.createRoot(document.getElementById('graphiql')).render(
      React.createElement(GraphiQL, {
        fetcher,
        defaultQuery,
        isHeadersEditorEnabled: true,
        defaultEditorToolsVisibility: 'headers',
      }),
    );
  });
