using EdgeRecorder.Api.Security;
using EdgeRecorder.Configuration;
using EdgeRecorder.Devices;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/channels: the recordable inputs. What the configuration file names is read-only but for `record`.</summary>
internal static class ChannelEndpoints
{
    public static void MapChannels(this IEndpointRouteBuilder routes)
    {
        var channels = routes.MapGroup("/channels").WithTags("channels");
        channels.MapGet("", List).RequireAuthorization(Roles.Viewer);
        channels.MapGet("/{id}", Get).RequireAuthorization(Roles.Viewer);
        channels.MapPost("", Add).RequireAuthorization(Roles.Admin);
        channels.MapPatch("/{id}", Change).RequireAuthorization(Roles.Admin);
        channels.MapDelete("/{id}", Remove).RequireAuthorization(Roles.Admin);
        channels.MapPut("/{id}/record", Record).RequireAuthorization(Roles.Operator);
    }

    private static Results<JsonHttpResult<ChannelView[]>, ProblemHttpResult> List(string? limit, string? after, HttpContext context, ChannelCatalog catalog, IRecorder recorder, DeviceCatalog devices)
    {
        if (Paging.ReadLimit(limit, out var count) is { } wrong)
            return Problems.Bad(wrong);
        var from = after is null ? 0 : catalog.Find(after)?.Number;
        if (from is null)
            return Problems.Bad($"after: no channel {after}");
        var page = Paging.Page(context, catalog.All.Where(c => c.Number > from), count, c => c.Id);
        return TypedResults.Json(page.Select(c => View(c, recorder, devices)).ToArray(), BoxJson.Default.ChannelViewArray);
    }

    private static Results<JsonHttpResult<ChannelView>, ProblemHttpResult> Get(string id, ChannelCatalog catalog, IRecorder recorder, DeviceCatalog devices)
        => catalog.Find(id) is { } channel ? Json(channel, recorder, devices) : Unknown(id);

    private static Results<Created<ChannelView>, ProblemHttpResult> Add(NewChannel body, HttpContext context, ChannelCatalog catalog, RecordingDesk desk, IRecorder recorder, DeviceCatalog devices, AuditStore audit)
    {
        var row = new ChannelRow { Key = body.Key ?? "", Name = body.Name, Protocol = ChannelCatalog.ProtocolOf(body.Url), Url = body.Url, SubUrl = body.SubUrl, Record = body.Record ?? true,
            Transport = body.Transport ?? "auto", Audio = body.Audio ?? true, Priority = body.Priority ?? 0 };
        if ((Wrong(row, keyOptional: body.Key is null) ?? QuotaView.Read(body.Quota, ref row)) is { } wrong)
            return Problems.Bad(wrong);
        var added = catalog.Add(row);
        if (added.Channel is not { } channel)
            return Problems.Conflict(added.Reason);
        audit.Add(context, "channel.add", channel.Id);
        desk.Changed(channel);
        return TypedResults.Created($"/api/v1/channels/{channel.Id}", View(channel, recorder, devices));
    }

    private static Results<JsonHttpResult<ChannelView>, ProblemHttpResult> Change(
        string id, ChannelChange body, HttpContext context, ChannelCatalog catalog, RecordingDesk desk, IRecorder recorder, DeviceCatalog devices, AuditStore audit)
    {
        if (catalog.Find(id) is not { } channel)
            return Unknown(id);
        if (channel.Device is not null && (body.Key ?? body.Url ?? body.SubUrl ?? body.Transport) is not null)
            return Problems.Conflict("key, url, subUrl and transport of a device's channel are its device's");
        string? wrong = null;
        var changed = catalog.Change(channel, row =>
        {
            var after = row with { Key = body.Key ?? row.Key, Name = body.Name ?? row.Name, Url = body.Url ?? row.Url, SubUrl = body.SubUrl is "" ? null : body.SubUrl ?? row.SubUrl, Record = body.Record ?? row.Record,
                Transport = body.Transport ?? row.Transport, Audio = body.Audio ?? row.Audio, Priority = body.Priority ?? row.Priority };
            if (channel.Device is null)
                after = after with { Protocol = ChannelCatalog.ProtocolOf(after.Url) };
            wrong = Masked("url", body.Url) ?? Masked("subUrl", body.SubUrl) ?? (channel.Device is null ? Wrong(after, keyOptional: false) : WrongOfAny(after)) ?? QuotaView.Read(body.Quota, ref after);
            return wrong is null ? after : row;
        });
        if (wrong is not null)
            return Problems.Bad(wrong);
        if (changed.Channel is not { } now)
            return Problems.Conflict(changed.Reason);
        audit.Add(context, "channel.change", id);
        desk.Changed(now);
        return Json(now, recorder, devices);
    }

    private static Results<NoContent, ProblemHttpResult> Remove(string id, HttpContext context, ChannelCatalog catalog, RecordingDesk desk, AuditStore audit)
    {
        if (catalog.Find(id) is not { } channel)
            return Unknown(id);
        var removed = catalog.Remove(channel);
        if (removed.Channel is null)
            return Problems.Conflict(removed.Reason);
        audit.Add(context, "channel.remove", id);
        desk.Removed(channel);
        return TypedResults.NoContent();
    }

    private static Results<JsonHttpResult<ChannelView>, ProblemHttpResult> Record(
        string id, RecordSwitch body, HttpContext context, ChannelCatalog catalog, RecordingDesk desk, IRecorder recorder, DeviceCatalog devices, AuditStore audit)
    {
        if (catalog.Find(id) is not { } channel)
            return Unknown(id);
        var changed = catalog.Change(channel, row => row with { Record = body.On }).Channel!;
        audit.Add(context, body.On ? "channel.record.on" : "channel.record.off", id);
        desk.Changed(changed);
        return Json(changed, recorder, devices);
    }

    /// <summary>What the API showed comes back as it was shown: without the password.</summary>
    private static string? Masked(string key, string? address)
        => address?.Contains(":***@", StringComparison.Ordinal) == true ? $"{key}: *** stands for a password that is not shown; give the whole address, or leave it out" : null;

    public static ProblemHttpResult Unknown(string id) => Problems.NotFound($"no channel {id}");

    private static JsonHttpResult<ChannelView> Json(ChannelDefinition channel, IRecorder recorder, DeviceCatalog devices) => TypedResults.Json(View(channel, recorder, devices), BoxJson.Default.ChannelView);

    public static ChannelView View(ChannelDefinition c, IRecorder recorder, DeviceCatalog devices) => new(
        c.Id, c.Number, c.Key, c.Protocol, c.Name, SourceAddress.Masked(c.Url), c.SubUrl is null ? null : SourceAddress.Masked(c.SubUrl), c.Record,
        ChannelCatalog.Word(c.Transport), c.Audio, c.Priority, QuotaView.Of(c.Quota), c.Origin?.ToString(), StateView.Of(recorder.Status(new StreamKey(c.Number, 0))),
        c.Device is { } device ? devices.Find(device)?.Id : null, c.DeviceChannel);

    private static string? WrongOfAny(ChannelRow row)
        => string.IsNullOrWhiteSpace(row.Name) || row.Name.Length > 200 ? "name: needs 1 to 200 characters"
            : row.Priority is < -100 or > 100 ? "priority: is not between -100 and 100"
            : null;

    private static string? Wrong(ChannelRow row, bool keyOptional)
        => WrongOfAny(row) is { } any ? any
            : !(keyOptional && row.Key.Length == 0) && !ConfigurationRules.IsKey(row.Key) ? "key: is not 1 to 64 of A-Z a-z 0-9 _ -"
            : ConfigurationRules.WrongAddress(row.Url) is { } wrong ? $"url: {wrong}"
            : row.SubUrl is { } sub && ConfigurationRules.WrongAddress(sub) is { } wrongSub ? $"subUrl: {wrongSub}"
            : ChannelCatalog.Transport(row.Transport) is null ? "transport: is not one of auto, tcp, udp"
            : null;
}

/// <summary>A channel as the API shows it; passwords in addresses are ***.</summary>
/// <param name="SetIn">Where the configuration file names it; null when it was made through the API.</param>
/// <param name="Device">Id of the device it belongs to, and what that calls it; null: it has an address of its own.</param>
internal sealed record ChannelView(string Id, int Number, string Key, string Protocol, string Name, string Url, string? SubUrl, bool Record,
    string Transport, bool Audio, int Priority, QuotaView Quota, string? SetIn, StateView State, string? Device, string? Channel);

internal sealed record TrackView(string Codec, int Width, int Height, double Fps, int TimeScale, int AudioChannels);

internal sealed record StateView(string State, string Detail, DateTimeOffset? Since, TrackView[] Tracks, long Bitrate, long LossCount, long Reconnects, DateTimeOffset? LastFragment)
{
    public static StateView Of(ChannelStatus? status) => status is null
        ? new("idle", "", null, [], 0, 0, 0, null)
        : new(Words.Of(status.State), status.Detail, status.Since,
            [.. status.Tracks.Select(t => new TrackView(Words.Of(t.Codec), t.Width, t.Height, t.IsVideo && status.FrameRate > 0 ? status.FrameRate : t.FrameRate, t.TimeScale, t.ChannelCount))],
            status.BitsPerSecond, status.LossCount, status.Reconnects, status.LastFragment);
}

internal sealed record NewChannel(string Name, string Url, string? SubUrl = null, bool? Record = null, string? Key = null, string? Transport = null, bool? Audio = null, int? Priority = null, QuotaView? Quota = null);

/// <summary>What is left out stays as it is; an empty <paramref name="SubUrl"/> takes the address of the sub stream away. A quota is one thing: what is left out in it has no limit.</summary>
internal sealed record ChannelChange(string? Key = null, string? Name = null, string? Url = null, string? SubUrl = null, bool? Record = null, string? Transport = null, bool? Audio = null, int? Priority = null, QuotaView? Quota = null);

internal sealed record RecordSwitch(bool On);
