using System.Globalization;
using EdgeRecorder.Api.Security;
using EdgeRecorder.Hls;
using EdgeRecorder.Live;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/channels/{id}/live.m3u8 and what it names: the running picture over HLS (RFC 8216; blocking reload and parts as rfc8216bis has them).</summary>
internal static class LivePlaylistEndpoints
{
    /// <summary>How long the first request of a playlist waits for the first segment: a camera's connection and a GOP.</summary>
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(8);

    public static void MapLivePlaylists(this IEndpointRouteBuilder routes)
    {
        var channel = routes.MapGroup("/channels/{id}").WithTags("live").RequireAuthorization(Roles.Viewer);
        channel.MapGet("/live.m3u8", Playlist).Produces(StatusCodes.Status200OK, contentType: PlaylistWriter.ContentType).ProducesProblem(400).ProducesProblem(404).ProducesProblem(503);
        channel.MapGet("/live/{variant}/{file}", File).Produces(StatusCodes.Status200OK, contentType: "video/mp4").ProducesProblem(404).ProducesProblem(503);
    }

    private static async Task<IResult> Playlist(
        string id, string? stream, string? tracks, string? latency, [FromQuery(Name = "_HLS_msn")] string? segment, [FromQuery(Name = "_HLS_part")] string? index,
        HttpContext context, ChannelCatalog catalog, LivePlaylists playlists, IHostApplicationLifetime lifetime)
    {
        if (catalog.Find(id) is not { } channel)
            return ChannelEndpoints.Unknown(id);
        if ((LiveEndpoints.ReadWatch(stream, tracks, latency, out var wish) ?? ReadBlocking(segment, index, out _, out _)) is { } wrong)
            return Problems.Bad(wrong);
        _ = ReadBlocking(segment, index, out var number, out var part);
        if (await playlists.OpenAsync(wish.Of(channel), wish.Tracks, wish.LowLatency) is not { } playlist)
            return playlists.IsFull ? Later(context, $"{LivePlaylists.Most} live playlists are asked for, the most this box serves") : ChannelEndpoints.Unknown(id);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            var (outcome, text) = await playlist.ReadAsync(number, part, number is null ? FirstWait : playlist.Patience, stop.Token);
            if (outcome == PlaylistOutcome.Absurd)
                return Problems.Bad($"_HLS_msn: {number} is further ahead than the next two segments");
            if (outcome != PlaylistOutcome.Ready)
                return Later(context, $"nothing to play yet; the channel is {Words.Of(playlist.State.State)}{(playlist.State.Detail.Length > 0 ? $": {playlist.State.Detail}" : "")}");
            context.Response.Headers.CacheControl = "no-store";
            return TypedResults.Bytes(text, PlaylistWriter.ContentType);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return Later(context, "the recorder stops");
        }
    }

    /// <summary>`NUMBER.mp4` is a segment, `NUMBER.PART.mp4` a part, `init-NUMBER.mp4` the init segment of segments from there on.</summary>
    private static async Task<IResult> File(string id, string variant, string file, HttpContext context, ChannelCatalog catalog, LivePlaylists playlists, IHostApplicationLifetime lifetime)
    {
        if (catalog.Find(id) is not { } channel)
            return ChannelEndpoints.Unknown(id);
        if (LiveEndpoints.ReadVariant(variant) is not { } wish || ReadName(file) is not { } name
            || playlists.Find(new StreamKey(channel.Number, wish.Stream), wish.Tracks, wish.LowLatency) is not { } playlist)
            return Gone(file);
        context.Response.Headers.CacheControl = "private, max-age=60";
        if (name.IsInit)
            return playlist.ReadInit(name.Number) is { } init ? TypedResults.Bytes(init, "video/mp4") : (IResult)Gone(file);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var packets = Array.Empty<LivePacket>();
        try
        {
            (var outcome, packets) = await playlist.ReadAsync(name.Number, name.Part, stop.Token);
            if (outcome != PlaylistOutcome.Ready)
                return outcome == PlaylistOutcome.NotYet ? Later(context, $"{file} has not come yet") : Gone(file);
            await SendAsync(packets, context);
            return TypedResults.Empty;
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return Later(context, "the recorder stops");
        }
        finally
        {
            foreach (var packet in packets)
                packet.Release();
        }
    }

    private static async Task SendAsync(LivePacket[] packets, HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "video/mp4";
        response.ContentLength = packets.Sum(packet => (long)packet.Length);
        foreach (var packet in packets)
        {
            await response.Body.WriteAsync(packet.Head, context.RequestAborted);
            for (var i = 0; i < packet.Payloads.Length; i++)
                foreach (var slice in packet.Payloads[i])
                    await response.Body.WriteAsync(slice.Chunk.Bytes.AsMemory(slice.Offset, slice.Length), context.RequestAborted);
        }
    }

    /// <summary>Delivery directives of rfc8216bis, 6.2.5. Others are passed over, as clients may send them unasked.</summary>
    private static string? ReadBlocking(string? segment, string? index, out long? number, out int? part)
    {
        (number, part) = (null, null);
        if (segment is not null)
        {
            if (!long.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed))
                return "_HLS_msn: is not a number";
            number = parsed;
        }
        if (index is null)
            return null;
        if (!int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var position) || number is null)
            return "_HLS_part: is not a number, or stands without _HLS_msn";
        part = position;
        return null;
    }

    private static (bool IsInit, long Number, int? Part)? ReadName(string file)
    {
        var words = file.Split('.');
        if (words.Length is < 2 or > 3 || words[^1] != "mp4")
            return null;
        var isInit = words[0].StartsWith("init-", StringComparison.Ordinal);
        if (!long.TryParse(isInit ? words[0].AsSpan(5) : words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return null;
        if (words.Length == 2)
            return (isInit, number, null);
        return !isInit && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var part) ? (false, number, part) : null;
    }

    private static ProblemHttpResult Gone(string file) => Problems.NotFound($"{file} is not, or no longer, part of a live playlist");

    private static ProblemHttpResult Later(HttpContext context, string why)
    {
        context.Response.Headers.RetryAfter = "2";
        return Problems.Of(StatusCodes.Status503ServiceUnavailable, why);
    }
}
