using EdgeRecorder.Api.Security;
using EdgeRecorder.Export;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.MediaWorker;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/exports: ranges of the ring as files, with a signed list of what they are and where they came from.</summary>
internal static class ExportEndpoints
{
    private const string Owner = "box";

    public static void MapExports(this IEndpointRouteBuilder routes)
    {
        var exports = routes.MapGroup("/exports").WithTags("exports");
        exports.MapGet("", List).RequireAuthorization(Roles.Viewer);
        exports.MapGet("/{id}", Get).RequireAuthorization(Roles.Viewer);
        exports.MapPost("", Order).RequireAuthorization(Roles.Operator).ProducesProblem(503);
        exports.MapDelete("/{id}", Delete).RequireAuthorization(Roles.Operator);
        exports.MapMethods("/{id}/files/{name}", ["GET", "HEAD"], File).RequireAuthorization(Roles.Viewer).Produces(200, contentType: "video/mp4").Produces(206, contentType: "video/mp4").ProducesProblem(404);
        exports.MapGet("/{id}/manifest", (string id, ExportDesk desk) => Send(id, ExportManifest.Name, desk)).RequireAuthorization(Roles.Viewer).Produces(200, contentType: "application/json").ProducesProblem(404);
        exports.MapGet("/{id}/manifest.sig", (string id, ExportDesk desk) => Send(id, ExportManifest.SignatureName, desk)).RequireAuthorization(Roles.Viewer)
            .Produces(200, contentType: "application/octet-stream").ProducesProblem(404);
    }

    private static Results<JsonHttpResult<ExportView[]>, ProblemHttpResult> List(string? limit, string? after, HttpContext context, ExportDesk desk, ChannelCatalog catalog)
        => Paging.ReadLimit(limit, out var count) is { } wrong ? Problems.Bad(wrong)
            : TypedResults.Json(Paging.Page(context, desk.All().SkipWhile(e => after is not null && e.Row.Id != after).Skip(after is null ? 0 : 1), count, e => e.Row.Id)
                .Select(e => View(e, catalog)).ToArray(), BoxJson.Default.ExportViewArray);

    private static Results<JsonHttpResult<ExportView>, ProblemHttpResult> Get(string id, ExportDesk desk, ChannelCatalog catalog)
        => desk.Find(id) is { } found ? TypedResults.Json(View(found, catalog), BoxJson.Default.ExportView) : Problems.NotFound($"no export {id}");

    private static Results<Created<ExportView>, ProblemHttpResult> Order(NewExport body, HttpContext context, ChannelCatalog catalog, IRing ring, ExportDesk desk, ExportAbility ability, AuditStore audit)
    {
        if (catalog.Find(body.Channel) is not { } channel)
            return Problems.NotFound($"channel: no channel {body.Channel}");
        if (FootageEndpoints.ReadStream(body.Stream, out var stream) is { } wrongStream)
            return Problems.Bad(wrongStream);
        if (ExportRequest.Read(body, channel, ability, out var wish) is { } wrong)
            return Problems.Bad(wrong);
        var (source, from, to) = (new StreamKey(channel.Number, stream), UtcTime.Us(body.From), UtcTime.Us(body.To));
        if (FootageCodec.Refusal(ring, source, from, to, wish!) is { } unfit)
            return Problems.Bad(unfit);
        var row = desk.Order(new ExportOrder(Owner, false, source, from, to, wish!,
            context.User.Identity?.Name ?? "", TimeSpan.FromDays(body.KeepDays ?? 7)));
        if (row is null)
            return Problems.Of(StatusCodes.Status503ServiceUnavailable, $"{ExportDesk.MostRunning} exports run and {ExportDesk.MostWaiting} wait already");
        audit.Add(context, "export.order", row.Id);
        return TypedResults.Created($"/api/v1/exports/{row.Id}", View(new ExportStatus(row, 0), catalog));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Delete(string id, HttpContext context, ExportDesk desk, AuditStore audit)
    {
        if (!await desk.DeleteAsync(id))
            return Problems.NotFound($"no export {id}");
        audit.Add(context, "export.delete", id);
        return TypedResults.NoContent();
    }

    private static Results<PhysicalFileHttpResult, ProblemHttpResult> File(string id, string name, ExportDesk desk)
        => desk.Find(id) is { } found && found.Row.Files.Any(file => file.Name == name) ? Send(id, name, desk) : Problems.NotFound($"export {id} has no file {name}");

    private static Results<PhysicalFileHttpResult, ProblemHttpResult> Send(string id, string name, ExportDesk desk)
    {
        if (desk.Find(id) is not { } found || desk.PathOf(found.Row, name) is not { } path || !System.IO.File.Exists(path))
            return Problems.NotFound($"export {id} has no {name}");
        desk.Touch(id);
        var tag = found.Row.Files.FirstOrDefault(file => file.Name == name) is { } file ? new EntityTagHeaderValue($"\"{file.Sha256}\"") : null;
        return TypedResults.PhysicalFile(path, ExportTypes.Of(name), name, entityTag: tag, enableRangeProcessing: true);
    }

    private static ExportView View(ExportStatus status, ChannelCatalog catalog)
    {
        var row = status.Row;
        return new ExportView(row.Id, row.Owner, catalog.Find(row.Stream.ChannelNumber)?.Id ?? "", StreamKey.Word(row.Stream.Stream), UtcTime.At(row.FromUtcUs), UtcTime.At(row.ToUtcUs), row.Live,
            ExportStore.Word(row.State), status.Progress, row.Error, [.. row.Warnings],
            [.. row.Files.Select(f => new ExportFileView(f.Name, f.Bytes, f.Sha256, UtcTime.At(f.FromUtcUs), UtcTime.At(f.ToUtcUs)))], row.CreatedBy, row.Created, row.Activity + row.Keep);
    }
}

/// <summary>Formats and the types they are sent with.</summary>
internal static class ExportTypes
{
    public static MediaFormat? Read(string? word) => word?.ToUpperInvariant() switch
    {
        "MP4" => MediaFormat.Mp4, "MKV" => MediaFormat.Mkv, "AVI" => MediaFormat.Avi, "TS" => MediaFormat.Ts, "JPG" => MediaFormat.Jpg, "PDF" => MediaFormat.Pdf, _ => null,
    };

    public static string Of(string name) => Path.GetExtension(name) switch
    {
        ".mp4" => "video/mp4", ".mkv" => "video/x-matroska", ".avi" => "video/x-msvideo", ".ts" => "video/mp2t", ".jpg" => "image/jpeg", ".pdf" => "application/pdf", ".json" => "application/json",
        _ => "application/octet-stream",
    };
}

/// <param name="From">Date of what players show first.</param>
internal sealed record ExportFileView(string Name, long Bytes, string Sha256, DateTimeOffset From, DateTimeOffset To);

/// <param name="Channel">Empty when the channel was removed.</param>
/// <param name="State">queued, running, done, failed, no-space, name-taken or nothing.</param>
/// <param name="Progress">0 to 1.</param>
/// <param name="Warnings">What was asked for and not done.</param>
internal sealed record ExportView(
    string Id, string Owner, string Channel, string Stream, DateTimeOffset From, DateTimeOffset To, bool Live, string State, double Progress, string Error, string[] Warnings,
    ExportFileView[] Files, string CreatedBy, DateTimeOffset Created, DateTimeOffset Expires);
