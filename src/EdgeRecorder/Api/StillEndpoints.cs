using System.Globalization;
using EdgeRecorder.Api.Security;
using EdgeRecorder.Export;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/channels/{id}/still.jpg: the picture that was shown at an instant, or the newest.</summary>
internal static class StillEndpoints
{
    private const int Widest = 7680;

    public static void MapStills(this IEndpointRouteBuilder routes)
        => routes.MapGet("/channels/{id}/still.jpg", Still).WithTags("footage").RequireAuthorization(Roles.Viewer).Produces(StatusCodes.Status200OK, contentType: "image/jpeg")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(501).ProducesProblem(502);

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Still(
        string id, string? at, string? width, string? stream, HttpContext context, ChannelCatalog catalog, Stills stills, ExportAbility ability, TimeProvider time)
    {
        if (catalog.Find(id) is not { } channel)
            return ChannelEndpoints.Unknown(id);
        var instant = default(DateTimeOffset);
        if ((at is null ? null : Interval.ReadTime("at", at, out instant)) is { } wrongTime)
            return Problems.Bad(wrongTime);
        if (FootageEndpoints.ReadStream(stream, out var number) is { } wrong)
            return Problems.Bad(wrong);
        if (!int.TryParse(width ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out var wide) || wide > Widest)
            return Problems.Bad($"width: \"{width}\" is not a number up to {Widest}");
        if (!ability.HasWorker)
            return Problems.Of(StatusCodes.Status501NotImplemented, "this box cannot decode pictures: FFmpeg's libraries are not installed");
        if (await stills.TakeAsync(new StreamKey(channel.Number, number), at is null ? null : UtcTime.Us(instant), UtcTime.Us(time.GetUtcNow()), wide, context.RequestAborted) is not { } still)
            return Problems.NotFound(at is null ? $"channel {id} has recorded nothing in the last seconds" : $"channel {id} has no footage at {UtcConverter.Write(instant)}; its timeline says why");
        if (still.Error is { } error)
            return Problems.Of(StatusCodes.Status502BadGateway, $"the picture cannot be decoded: {error.Text}");
        context.Response.Headers.CacheControl = at is null ? "no-store" : "private, max-age=86400";
        context.Response.Headers["X-Picture-Time"] = UtcConverter.Write(UtcTime.At(still.AtUtcUs));
        return TypedResults.Bytes(still.Jpeg, "image/jpeg");
    }
}
