using System.Globalization;
using EdgeRecorder.Api.Security;
using EdgeRecorder.Configuration;
using EdgeRecorder.Health;
using EdgeRecorder.Inspector;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/storage, status, audit, probe: the box itself.</summary>
internal static class SystemEndpoints
{
    public static void MapSystem(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/storage", Storage).WithTags("system").RequireAuthorization(Roles.Viewer);
        routes.MapGet("/status", Status).WithTags("system").RequireAuthorization(Roles.Viewer);
        routes.MapGet("/audit", Audit).WithTags("system").RequireAuthorization(Roles.Admin);
        routes.MapPost("/probe", Probe).WithTags("system").RequireAuthorization(Roles.Admin);
    }

    private static JsonHttpResult<StorageView> Storage(RecorderOptions options, IStorageStatus status, ChannelCatalog catalog)
    {
        var f = status.Figures();
        var drive = new DriveInfo(options.Storage.Root);
        var shares = from channel in catalog.All
                     from stream in new byte[] { 0, 1, StreamKey.Device }
                     let held = status.Figures(new StreamKey(channel.Number, stream))
                     where held is not null
                     select new ShareView(channel.Id, StreamKey.Word(stream), held.Value.Bytes, UtcTime.At(held.Value.FromUtcUs), UtcTime.At(held.Value.ToUtcUs));
        return TypedResults.Json(new StorageView(
            options.Storage.Root, f.FileSystem, f.Fault.Length == 0 ? "ok" : "fault", f.Fault, drive.TotalSize, drive.AvailableFreeSpace,
            new RingView(f.Volume, f.RingBytes, f.SegmentBytes, f.Segments, f.UnusedSegments, f.LockedBytes, f.EventPoolBytes, f.OldestFootage, f.SegmentsRecycled), [.. shares]), BoxJson.Default.StorageView);
    }

    private static JsonHttpResult<StatusView> Status(RecorderOptions options, ChannelCatalog catalog, IRecorder recorder, BoxHealth health, IStorageStatus storage, IRing ring, ClockStore clocks, InspectorSettingStore inspector, TimeProvider time)
    {
        var states = catalog.All.GroupBy(c => Words.Of(recorder.Status(new(c.Number, 0))?.State ?? ChannelState.Idle)).ToDictionary(g => g.Key, g => g.Count());
        var boot = clocks.Boots().Select(b => b.Number).DefaultIfEmpty(0).Max();
        return TypedResults.Json(new StatusView(options.System.Name, ProductVersion.Text, ProcessFigures.UptimeSeconds, time.GetUtcNow(),
            Words.Of(ring.ClockQuality), boot, catalog.All.Count, states, health.Fault, BoxHealthView.Of(health, options.Storage, storage.Figures()), [.. NotApplied(inspector.Current, catalog)]), BoxJson.Default.StatusView);
    }

    /// <summary>How pictures are to be encoded is nobody's to follow where no camera is the box's own.</summary>
    private static IEnumerable<string> NotApplied(InspectorSettings settings, ChannelCatalog catalog)
        => catalog.All.Any(channel => channel.Protocol == CameraAddress.Scheme) ? [] : settings.Encoding.Select(name => $"{InspectorDesk.Family}.{name}");

    private static Results<JsonHttpResult<AuditView[]>, ProblemHttpResult> Audit(string? limit, string? after, HttpContext context, AuditStore audit)
    {
        if (Paging.ReadLimit(limit, out var count) is { } wrong)
            return Problems.Bad(wrong);
        if (after is not null && !long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            return Problems.Bad($"after: \"{after}\" is not an id of this list");
        var rows = audit.List(count + 1, after is null ? null : long.Parse(after, CultureInfo.InvariantCulture));
        var page = Paging.Page(context, rows, count, r => r.Id.ToString(CultureInfo.InvariantCulture));
        return TypedResults.Json(page.Select(r => new AuditView(r.Id, r.At, r.Who, r.Source, r.Action, r.Subject)).ToArray(), BoxJson.Default.AuditViewArray);
    }

    /// <summary>Asks the camera what it has. An admin's right: it makes the box connect to any address he names.</summary>
    private static async Task<Results<JsonHttpResult<ProbeView>, ProblemHttpResult>> Probe(ProbeRequest body, IProbe probe, ChannelCatalog catalog, CancellationToken stop)
    {
        if (ConfigurationRules.WrongAddress(body.Url) is { } wrong)
            return Problems.Bad($"url: {wrong}");
        ChannelDefinition? channel = null;
        if (body.Channel is { } id && (channel = catalog.Find(id)) is null)
            return ChannelEndpoints.Unknown(id);
        try
        {
            var offer = await probe.ProbeAsync(Unmasked(body.Url, channel), stop);
            return TypedResults.Json(new ProbeView([.. offer.Tracks.Select(t => new TrackView(Words.Of(t.Codec), t.Width, t.Height, t.FrameRate, t.TimeScale, t.ChannelCount))],
                [.. offer.Skipped], offer.Transport, offer.BitsPerSecond), BoxJson.Default.ProbeView);
        }
        catch (Exception e) when (e is SourceException or Bytes.ProtocolException)
        {
            return Problems.Of(StatusCodes.Status502BadGateway, $"{SourceAddress.Masked(body.Url)}: {e.Message}");
        }
    }

    /// <summary>The channel's own address, with its password, where the caller gives it as the API shows it.</summary>
    private static string Unmasked(string url, ChannelDefinition? channel)
        => channel is null ? url : url == SourceAddress.Masked(channel.Url) ? channel.Url : channel.SubUrl is { } sub && url == SourceAddress.Masked(sub) ? sub : url;
}

/// <param name="Volume">What `storage.volume` of the configuration binds the root to.</param>
internal sealed record RingView(Guid Volume, long Bytes, long SegmentBytes, int Segments, int UnusedSegments, long LockedBytes, long EventPoolBytes, DateTimeOffset? OldestFootage, long SegmentsRecycled);
internal sealed record ShareView(string Channel, string Stream, long Bytes, DateTimeOffset From, DateTimeOffset To);
internal sealed record StorageView(string Root, string FileSystem, string State, string Fault, long VolumeBytes, long FreeBytes, RingView Ring, ShareView[] Channels);

/// <param name="Fault">What is wrong with volume and hardware; empty: nothing.</param>
/// <param name="NotApplied">What a family was told to set and no camera of this box follows: `inspector.Encoder` … where no channel is a local camera (v4l2); stored, and copied as cameras send it.</param>
internal sealed record StatusView(
    string Name, string Version, long UptimeSeconds, DateTimeOffset Time, string ClockQuality, int BootNumber, int Channels, Dictionary<string, int> ChannelStates, string Fault, BoxHealthView Health, string[] NotApplied);
internal sealed record AuditView(long Id, DateTimeOffset At, string Who, string Source, string Action, string Subject);

/// <param name="Channel">Whose address it is: then *** stands for the password that the channel has.</param>
internal sealed record ProbeRequest(string Url, string? Channel = null);

/// <param name="Skipped">What the camera offers and the recorder does not record, with the reason.</param>
/// <param name="Bitrate">Bits per second, measured for a second.</param>
internal sealed record ProbeView(TrackView[] Tracks, string[] Skipped, string Transport, long Bitrate);
