using EdgeRecorder.Api.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>Routes of the published API that this version does not answer yet: 501 instead of 404, so that a client can tell the two apart.</summary>
internal static class ReservedEndpoints
{
    private static readonly (string Path, string[] Methods)[] Routes =
    [
        ("/metrics-history", ["GET"]), ("/logs", ["GET"]), ("/network", ["GET"]), ("/doors", ["GET"]),
        ("/backup", ["GET", "POST"]), ("/update", ["GET", "POST"]),
    ];

    public static void MapReserved(this IEndpointRouteBuilder routes)
    {
        foreach (var (path, methods) in Routes)
            foreach (var method in methods)
                routes.MapMethods(path, [method], NotYet).RequireAuthorization(method == "GET" ? Roles.Viewer : Roles.Admin).WithTags("reserved").ProducesProblem(StatusCodes.Status501NotImplemented);
    }

    private static ProblemHttpResult NotYet(HttpContext context) => Problems.Of(StatusCodes.Status501NotImplemented, $"{context.Request.Path} is not available in this version");
}
