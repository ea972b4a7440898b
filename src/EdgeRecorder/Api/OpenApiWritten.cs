namespace EdgeRecorder.Api;

/// <summary>The OpenAPI document as the routes say it: of builds for development, which write and check docs/api/openapi.json.</summary>
internal static class OpenApiDocument
{
    public const string Path = "/openapi/v1.json";

    public static void AddDocument(this IServiceCollection services) => services.AddOpenApi("v1", o => o.AddDocumentTransformer((document, _, _) =>
    {
        document.Info.Title = "EdgeRecorder box API";
        document.Info.Version = "1";
        document.Info.Description = "Times are ISO 8601 UTC, intervals [from, to), errors RFC 9457 problem documents. Authentication: Basic, Bearer, or the session of a page.";
        document.Servers?.Clear();
        return Task.CompletedTask;
    }));

    public static IEndpointConventionBuilder MapDocument(this IEndpointRouteBuilder routes) => routes.MapOpenApi(Path.Replace("v1", "{documentName}", StringComparison.Ordinal));
}
