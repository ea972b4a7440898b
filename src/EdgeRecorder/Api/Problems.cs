using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace EdgeRecorder.Api;

/// <summary>Errors as RFC 9457 problem documents; the detail names what, where and why.</summary>
internal static class Problems
{
    public static ProblemHttpResult Of(int status, string detail) => TypedResults.Problem(new ProblemDetails { Status = status, Detail = detail });

    public static ProblemHttpResult Bad(string detail) => Of(StatusCodes.Status400BadRequest, detail);
    public static ProblemHttpResult NotFound(string what) => Of(StatusCodes.Status404NotFound, what);
    public static ProblemHttpResult Conflict(string why) => Of(StatusCodes.Status409Conflict, why);
}
