using EdgeRecorder.Api.Security;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/recordings: what somebody asked to be kept, now or until an instant.</summary>
internal static class RecordingEndpoints
{
    /// <summary>For files to be closed; what takes longer goes on.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static void MapRecordings(this IEndpointRouteBuilder routes)
    {
        var recordings = routes.MapGroup("/recordings").WithTags("recordings");
        recordings.MapGet("", List).RequireAuthorization(Roles.Viewer);
        recordings.MapGet("/{id}", Get).RequireAuthorization(Roles.Viewer);
        recordings.MapGet("/{id}/files", Files).RequireAuthorization(Roles.Viewer);
        recordings.MapPost("", Start).RequireAuthorization(Roles.Operator);
        recordings.MapDelete("/{id}", Stop).RequireAuthorization(Roles.Operator);
    }

    private static Results<JsonHttpResult<RecordingView[]>, ProblemHttpResult> List(string? limit, string? after, HttpContext context, RecordingStore store, RecordingDesk desk, ChannelCatalog catalog)
    {
        if (Paging.ReadLimit(limit, out var count) is { } wrong)
            return Problems.Bad(wrong);
        var page = Paging.Page(context, store.List(count + 1, after), count, r => r.Id);
        // Those that run are a few seconds older in the ledger than they are.
        return TypedResults.Json(page.Select(row => View(row.IsOpen ? desk.Find(row.Id) ?? row : row, catalog)).ToArray(), BoxJson.Default.RecordingViewArray);
    }

    private static Results<JsonHttpResult<RecordingView>, ProblemHttpResult> Get(string id, RecordingDesk desk, ChannelCatalog catalog)
        => desk.Find(id) is { } row ? TypedResults.Json(View(row, catalog), BoxJson.Default.RecordingView) : Problems.NotFound($"no recording {id}");

    /// <summary>Files of its own, in order; a recording that only keeps the ring's footage has none.</summary>
    private static Results<JsonHttpResult<RecordingFileView[]>, ProblemHttpResult> Files(string id, RecordingDesk desk, RecordingFileStore files)
        => desk.Find(id) is null ? Problems.NotFound($"no recording {id}") : TypedResults.Json(files.Of(id).Select(file => new RecordingFileView(
            file.Id, file.Sequence, UtcTime.At(file.FromUtcUs), UtcTime.At(file.ToUtcUs), file.Path, file.Bytes, file.Container, file.Finished)).ToArray(), BoxJson.Default.RecordingFileViewArray);

    private static Results<Created<RecordingView>, ProblemHttpResult> Start(NewRecording body, HttpContext context, ChannelCatalog catalog, RecordingDesk desk, AuditStore audit, TimeProvider time)
    {
        if (body.Channels.Length is 0 or > 1000)
            return Problems.Bad("channels: needs 1 to 1000 ids");
        if (body.Until <= time.GetUtcNow())
            return Problems.Bad("until: is not in the future");
        var channels = body.Channels.Distinct().Select(catalog.Find).ToList();
        if (channels.IndexOf(null) is var missing and >= 0)
            return Problems.NotFound($"channels: no channel {body.Channels.Distinct().ElementAt(missing)}");
        var row = desk.Start(new RecordingWish { Owner = "box", Channels = [.. channels.Select(channel => channel!.Number)], Until = body.Until, By = context.User.Identity?.Name ?? "" }, out _);
        audit.Add(context, "recording.start", row.Id);
        return TypedResults.Created($"/api/v1/recordings/{row.Id}", View(row, catalog));
    }

    /// <summary>Stops it; the row stays, with its end.</summary>
    private static async Task<Results<NoContent, ProblemHttpResult>> Stop(string id, HttpContext context, RecordingStore store, RecordingDesk desk, AuditStore audit)
    {
        if (store.Find(id) is null)
            return Problems.NotFound($"no recording {id}");
        if (await desk.StopAsync(id, Patience) is not null)
            audit.Add(context, "recording.stop", id);
        return TypedResults.NoContent();
    }

    private static RecordingView View(RecordingRow row, ChannelCatalog catalog) => new(
        row.Id, row.Owner, row.ExternalId, row.Kind, [.. row.Channels.Select(catalog.Find).OfType<ChannelDefinition>().Select(c => c.Id)], row.Awaits, StreamKey.Word(row.Stream), row.Created, row.Finish ?? row.Until,
        RecordingStore.Word(row.State), row.Error, row.Start, row.Sequence, row.TotalBytes, row.TotalMilliseconds / 1000.0, row.By);
}

internal sealed record NewRecording(string[] Channels, DateTimeOffset? Until = null);

/// <summary>What somebody asked to be kept.</summary>
/// <param name="ExternalId">The owner's own id; empty: none.</param>
/// <param name="Kind">record or clip.</param>
/// <param name="Awaits">What a channel that is not there yet will be known by; empty otherwise.</param>
/// <param name="State">ready (no media), recording, stopping, stopped, error.</param>
/// <param name="Start">First media, or the beginning of the file being written.</param>
/// <param name="Sequence">Files of its own so far; their bytes and seconds together follow.</param>
internal sealed record RecordingView(string Id, string Owner, string ExternalId, string Kind, string[] Channels, string Awaits, string Stream, DateTimeOffset From, DateTimeOffset? Until, string State, string Error,
    DateTimeOffset? Start, int Sequence, long Bytes, double Seconds, string CreatedBy);

/// <param name="Path">Below storage.root.</param>
/// <param name="Finished">Closed and under its last name.</param>
internal sealed record RecordingFileView(string Id, int Sequence, DateTimeOffset From, DateTimeOffset To, string Path, long Bytes, string Container, bool Finished);
