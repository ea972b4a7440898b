using EdgeRecorder.Api.Security;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/recordings: what somebody asked to be kept, now or until an instant.</summary>
internal static class RecordingEndpoints
{
    public static void MapRecordings(this IEndpointRouteBuilder routes)
    {
        var recordings = routes.MapGroup("/recordings").WithTags("recordings");
        recordings.MapGet("", List).RequireAuthorization(Roles.Viewer);
        recordings.MapGet("/{id}", Get).RequireAuthorization(Roles.Viewer);
        recordings.MapPost("", Start).RequireAuthorization(Roles.Operator);
        recordings.MapDelete("/{id}", Stop).RequireAuthorization(Roles.Operator);
    }

    private static Results<JsonHttpResult<RecordingView[]>, ProblemHttpResult> List(string? limit, string? after, HttpContext context, RecordingStore store, ChannelCatalog catalog)
        => Paging.ReadLimit(limit, out var count) is { } wrong ? Problems.Bad(wrong)
            : TypedResults.Json(Paging.Page(context, store.List(count + 1, after), count, r => r.Id).Select(r => View(r, catalog)).ToArray(), BoxJson.Default.RecordingViewArray);

    private static Results<JsonHttpResult<RecordingView>, ProblemHttpResult> Get(string id, RecordingStore store, ChannelCatalog catalog)
        => store.Find(id) is { } row ? TypedResults.Json(View(row, catalog), BoxJson.Default.RecordingView) : Problems.NotFound($"no recording {id}");

    private static Results<Created<RecordingView>, ProblemHttpResult> Start(NewRecording body, HttpContext context, ChannelCatalog catalog, RecordingDesk desk, AuditStore audit, TimeProvider time)
    {
        if (body.Channels.Length is 0 or > 1000)
            return Problems.Bad("channels: needs 1 to 1000 ids");
        if (body.Until <= time.GetUtcNow())
            return Problems.Bad("until: is not in the future");
        var channels = body.Channels.Distinct().Select(catalog.Find).ToList();
        if (channels.IndexOf(null) is var missing and >= 0)
            return Problems.NotFound($"channels: no channel {body.Channels.Distinct().ElementAt(missing)}");
        var row = desk.Start("box", channels!, body.Until, context.User.Identity?.Name ?? "");
        audit.Add(context, "recording.start", row.Id);
        return TypedResults.Created($"/api/v1/recordings/{row.Id}", View(row, catalog));
    }

    /// <summary>Stops it; the row stays, with its end.</summary>
    private static Results<NoContent, ProblemHttpResult> Stop(string id, HttpContext context, RecordingStore store, RecordingDesk desk, AuditStore audit)
    {
        if (store.Find(id) is null)
            return Problems.NotFound($"no recording {id}");
        if (desk.Stop(id))
            audit.Add(context, "recording.stop", id);
        return TypedResults.NoContent();
    }

    private static RecordingView View(RecordingRow row, ChannelCatalog catalog)
        => new(row.Id, row.Owner, [.. row.Channels.Select(catalog.Find).OfType<ChannelDefinition>().Select(c => c.Id)], row.From, row.Until, row.Running ? "running" : "stopped", row.CreatedBy);
}

internal sealed record NewRecording(string[] Channels, DateTimeOffset? Until = null);

internal sealed record RecordingView(string Id, string Owner, string[] Channels, DateTimeOffset From, DateTimeOffset? Until, string State, string CreatedBy);
