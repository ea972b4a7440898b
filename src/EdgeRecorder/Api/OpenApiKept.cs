namespace EdgeRecorder.Api;

/// <summary>The OpenAPI document of the published program: docs/api/openapi.json, which tests hold to the routes. Writing it at run time would take half a megabyte of libraries.</summary>
internal static class OpenApiDocument
{
    public const string Path = "/openapi/v1.json";

    public static void AddDocument(this IServiceCollection _)
    {
        // It is a resource of the program.
    }

    public static IEndpointConventionBuilder MapDocument(this IEndpointRouteBuilder routes) => routes.MapGet(Path, () => TypedResults.Stream(
        typeof(OpenApiDocument).Assembly.GetManifestResourceStream("openapi.json") ?? throw new InvalidOperationException("openapi.json was not built in"), "application/json;charset=utf-8"));
}
