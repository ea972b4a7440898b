using EdgeRecorder.Api.Security;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/locks: ranges the ring keeps.</summary>
internal static class LockEndpoints
{
    public static void MapLocks(this IEndpointRouteBuilder routes)
    {
        var locks = routes.MapGroup("/locks").WithTags("locks");
        locks.MapGet("", List).RequireAuthorization(Roles.Viewer);
        locks.MapGet("/{id}", Get).RequireAuthorization(Roles.Viewer);
        locks.MapPost("", Add).RequireAuthorization(Roles.Operator);
        locks.MapDelete("/{id}", Release).RequireAuthorization(Roles.Operator);
    }

    private static Results<JsonHttpResult<LockView[]>, ProblemHttpResult> List(string? limit, string? after, string? channel, HttpContext context, LockStore store, ChannelCatalog catalog)
        => Paging.ReadLimit(limit, out var count) is { } wrong ? Problems.Bad(wrong)
            : TypedResults.Json(Paging.Page(context, store.Active().Where(l => string.CompareOrdinal(l.Id, after ?? "") > 0 && IsOf(l, channel, catalog)), count, l => l.Id)
                .Select(l => View(l, catalog)).ToArray(), BoxJson.Default.LockViewArray);

    private static Results<JsonHttpResult<LockView>, ProblemHttpResult> Get(string id, LockStore store, ChannelCatalog catalog)
        => store.Find(id) is { } row ? TypedResults.Json(View(row, catalog), BoxJson.Default.LockView) : Problems.NotFound($"no lock {id}");

    private static Results<Created<LockView>, ProblemHttpResult> Add(NewLock body, HttpContext context, ChannelCatalog catalog, LockDesk desk, AuditStore audit, TimeProvider time)
    {
        if (catalog.Find(body.Channel) is not { } channel)
            return Problems.NotFound($"channel: no channel {body.Channel}");
        if (FootageEndpoints.ReadStream(body.Stream, out var stream) is { } wrong)
            return Problems.Bad(wrong);
        if (body.To <= body.From)
            return Problems.Bad("to: is not after from");
        if (string.IsNullOrWhiteSpace(body.Reason) || body.Reason.Length > 500)
            return Problems.Bad("reason: needs 1 to 500 characters");
        if (body.Expires <= time.GetUtcNow())
            return Problems.Bad("expires: is not in the future");
        var (row, refusal) = desk.Add(new(channel.Number, stream), body.From, body.To, body.Reason, context.User.Identity?.Name ?? "", body.Expires);
        if (row is null)
            return Problems.Conflict($"the range cannot be locked: {refusal}");
        audit.Add(context, "lock.add", row.Id);
        return TypedResults.Created($"/api/v1/locks/{row.Id}", View(row, catalog));
    }

    private static Results<NoContent, ProblemHttpResult> Release(string id, HttpContext context, LockDesk desk, AuditStore audit)
    {
        if (!desk.Release(id))
            return Problems.NotFound($"no lock {id}");
        audit.Add(context, "lock.release", id);
        return TypedResults.NoContent();
    }

    private static bool IsOf(LockRow row, string? channel, ChannelCatalog catalog) => channel is null || catalog.Find(row.Stream.ChannelNumber)?.Id == channel;

    private static LockView View(LockRow row, ChannelCatalog catalog)
        => new(row.Id, catalog.Find(row.Stream.ChannelNumber)?.Id ?? "", StreamKey.Word(row.Stream.Stream), row.From, row.To, row.Reason, row.CreatedBy, row.Created, row.Expires, Words.Of(row.State));
}

internal sealed record NewLock(string Channel, DateTimeOffset From, DateTimeOffset To, string Reason, DateTimeOffset? Expires = null, string? Stream = null);

/// <param name="Channel">Empty when the channel was removed; its footage is kept all the same.</param>
internal sealed record LockView(string Id, string Channel, string Stream, DateTimeOffset From, DateTimeOffset To, string Reason, string CreatedBy, DateTimeOffset Created, DateTimeOffset? Expires, string State);
