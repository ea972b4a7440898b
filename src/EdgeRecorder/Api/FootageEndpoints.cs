using EdgeRecorder.Api.Security;
using EdgeRecorder.Devices;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Playback;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/channels/{id}/timeline and footage.mp4: what there is, and the bytes of it.</summary>
internal static class FootageEndpoints
{
    private const int MostEvents = 1000, MostPositions = 500;       // what a line on a map or a bar on a page can show

    public static void MapFootage(this IEndpointRouteBuilder routes)
    {
        var channel = routes.MapGroup("/channels/{id}").WithTags("footage").RequireAuthorization(Roles.Viewer);
        channel.MapGet("/timeline", Timeline);
        // Without HEAD players ask for the length in vain.
        channel.MapMethods("/footage.mp4", ["GET", "HEAD"], Footage).Produces(StatusCodes.Status200OK, contentType: "video/mp4")
            .Produces(StatusCodes.Status206PartialContent, contentType: "video/mp4").ProducesProblem(404).ProducesProblem(409);
    }

    private static Results<JsonHttpResult<TimelineView>, ProblemHttpResult> Timeline(
        string id, string? from, string? to, string? stream, ChannelCatalog catalog, IRing ring, IGapLedger gaps, EventStore events, PositionStore positions, DeviceCatalog devices)
    {
        if (catalog.Find(id) is not { } channel)
            return ChannelEndpoints.Unknown(id);
        if ((Interval.Read(from, to, out var range) ?? ReadStream(stream, out _)) is { } wrong)
            return Problems.Bad(wrong);
        _ = ReadStream(stream, out var number);
        var key = new StreamKey(channel.Number, number);
        return TypedResults.Json(new TimelineView(
            Join(ring.Spans(key, range.FromUs, range.ToUs)),
            [.. gaps.Overlapping(key, range.FromUs, range.ToUs).Select(g => new GapView(UtcTime.At(g.FromUtcUs), g.ToUtcUs is { } end ? UtcTime.At(end) : null, Words.Of(g.Reason)))],
            [.. events.Overlapping(channel.Device, channel.Number, range.FromUs, range.ToUs, MostEvents).Select(e => EventEndpoints.View(e, devices, catalog))],
            channel.Device is { } device ? [.. positions.Overlapping(device, range.FromUs, range.ToUs, MostPositions).Select(PositionView.Of)] : []), BoxJson.Default.TimelineView);
    }

    private static async Task<IResult> Footage(string id, string? from, string? to, string? stream, string? verbatim, HttpContext context, ChannelCatalog catalog, IFootageSource source)
    {
        if (catalog.Find(id) is not { } channel)
            return ChannelEndpoints.Unknown(id);
        if ((Interval.Read(from, to, out var range) ?? ReadStream(stream, out _)) is { } wrong)
            return Problems.Bad(wrong);
        _ = ReadStream(stream, out var number);
        switch (source.Open(new(channel.Number, number), range.FromUs, range.ToUs, verbatim == "1"))
        {
            case FootageAnswer.Found found:
                using (found.Download)
                    return await FootageResponse.SendAsync(found.Download, "inline", $"{channel.Key}_{range.From:yyyyMMdd'T'HHmmss'Z'}.mp4", context);
            case FootageAnswer.FormatChange change:
                return Problems.Conflict($"at {UtcConverter.Write(change.At)} {change.What}; ask for the range before or from that instant");
            case FootageAnswer.Damaged damage:
                return Problems.Conflict($"the segment of the ring that begins at {UtcConverter.Write(damage.At)} is damaged ({damage.What}); ask for the range before or behind it");
            default:
                return Problems.NotFound($"channel {id} has no footage in [{UtcConverter.Write(range.From)}, {UtcConverter.Write(range.To)}); its timeline says why");
        }
    }

    /// <summary>Spans of neighbouring segments that touch are one to a caller; a locked one stays apart from an unlocked one.</summary>
    private static SpanView[] Join(IReadOnlyList<FootageSpan> spans)
    {
        List<SpanView> joined = [];
        foreach (var span in spans)
        {
            var next = new SpanView(UtcTime.At(span.FromUtcUs), UtcTime.At(span.ToUtcUs), span.Bytes, span.Locked);
            if (joined.Count > 0 && joined[^1] is { } last && last.Locked == next.Locked && next.From <= last.To)
                joined[^1] = last with { To = next.To > last.To ? next.To : last.To, Bytes = last.Bytes + next.Bytes };
            else
                joined.Add(next);
        }
        return [.. joined];
    }

    /// <param name="withDevice">Whether what the device had stored itself can be meant.</param>
    public static string? ReadStream(string? text, out byte stream, bool withDevice = true)
    {
        var read = StreamKey.Read(text ?? "main");
        stream = read ?? 0;
        return read is { } known && (withDevice || known != StreamKey.Device) ? null : $"stream: \"{text}\" is not main{(withDevice ? ", sub or device" : " or sub")}";
    }

    public static string? ReadTracks(string? text, out TrackChoice tracks)
    {
        tracks = text switch { "all" => TrackChoice.All, "video" => TrackChoice.Video, _ => TrackChoice.Browser };
        return text is null or "all" or "video" ? null : $"tracks: \"{text}\" is not all or video; without it come the tracks that browsers play";
    }
}

internal sealed record SpanView(DateTimeOffset From, DateTimeOffset To, long Bytes, bool Locked);

/// <param name="To">Null while the gap lasts.</param>
internal sealed record GapView(DateTimeOffset From, DateTimeOffset? To, string Reason);

/// <param name="Speed">km/h.</param>
/// <param name="Heading">Degrees from north, clockwise.</param>
/// <param name="Altitude">Metres.</param>
/// <param name="Fix">False: the device says that it does not know where it is; this is where it was last.</param>
/// <param name="Ignition">Whether the vehicle's ignition was on.</param>
internal sealed record PositionView(DateTimeOffset At, double Latitude, double Longitude, double Speed, int Heading, int Altitude, bool Fix, bool Ignition)
{
    public static PositionView Of(Position p) => new(UtcTime.At(p.AtUtcUs), p.LatitudeE7 / 1e7, p.LongitudeE7 / 1e7, Math.Round(p.SpeedMmS * 0.0036, 1), p.HeadingDeg, p.AltitudeM,
        p.Flags.HasFlag(PositionFlags.FixValid), p.Flags.HasFlag(PositionFlags.IgnitionOn));
}

internal sealed record TimelineView(SpanView[] Spans, GapView[] Gaps, EventView[] Events, PositionView[] Positions);
