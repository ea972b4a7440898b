using EdgeRecorder.Api.Security;
using EdgeRecorder.Live;
using EdgeRecorder.Mp4;
using EdgeRecorder.Recording;
using EdgeRecorder.Sound;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/channels/{id}/live: the running picture over a WebSocket.</summary>
internal static class LiveEndpoints
{
    private const int MostWaiting = 30;                     // seconds that a refused viewer is asked to wait

    public static IServiceCollection AddLive(this IServiceCollection services)
        => services.AddSingleton<AacSound>().AddSingleton<LiveFigures>().AddSingleton<ViewerLimit>().AddSingleton<RingRecall>().AddSingleton<LiveStreams>().AddSingleton<LivePlaylists>().AddSingleton<StandingPermit>();

    public static void MapLive(this IEndpointRouteBuilder routes)
    {
        var channel = routes.MapGroup("/channels/{id}").WithTags("live").RequireAuthorization(Roles.Viewer);
        channel.MapGet("/live", Watch).Produces(StatusCodes.Status101SwitchingProtocols)
            .ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(426).ProducesProblem(503);
        channel.MapMethods("/live", [HttpMethods.Connect], Watch).ExcludeFromDescription();     // over HTTP/2 (RFC 8441)
    }

    private static async Task<IResult> Watch(
        string id, string? stream, string? tracks, string? latency, HttpContext context, ChannelCatalog catalog, LiveStreams streams, ViewerLimit limit, LiveFigures figures,
        StandingPermit permit, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<WebSocketViewer> log)
    {
        if (CrossSite.IsForeign(context.Request))           // browsers send cookies and remembered passwords along, whoever asks
            return Problems.Of(StatusCodes.Status403Forbidden, "comes from a page of another origin");
        if (catalog.Find(id) is not { } channel)
            return ChannelEndpoints.Unknown(id);
        if (ReadWatch(stream, tracks, latency, out var wish) is { } wrong)
            return Problems.Bad(wrong);
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.Headers.Upgrade = "websocket";
            return Problems.Of(StatusCodes.Status426UpgradeRequired, "this is a WebSocket; live.m3u8 is the same over HTTP");
        }
        using var seat = limit.TryEnter(context.User.Identity?.Name ?? "", out var refusal);
        if (seat is null)
        {
            context.Response.Headers.RetryAfter = $"{MostWaiting}";
            context.Response.Headers.Connection = "close";
            return Problems.Of(StatusCodes.Status503ServiceUnavailable, refusal);
        }
        using var queue = new LiveQueue(time, figures);
        using var watching = await streams.WatchAsync(wish.Of(channel), wish.LowLatency, wish.Tracks, queue, TimeSpan.Zero);
        if (watching is null)
            return ChannelEndpoints.Unknown(id);            // removed meanwhile
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var stopping = lifetime.ApplicationStopping.Register(() => queue.Ended(LiveEnd.Stopping));
        using var viewer = new WebSocketViewer(socket, context.Abort, queue, () => permit.WhyOverAsync(context), figures, time, log);
        await viewer.RunAsync(context.RequestAborted);
        return TypedResults.Empty;
    }

    /// <summary>What the folder of a playlist's segments says, <c>main-browser-low</c>; null when it is none.</summary>
    public static Wish? ReadVariant(string folder)
        => folder.Split('-') is [("main" or "sub") and var stream, ("browser" or "all" or "video") and var tracks, ("normal" or "low") and var latency]
           && ReadWatch(stream, tracks == "browser" ? null : tracks, latency, out var wish) is null ? wish : null;

    /// <summary>Null, or what is wrong with the query.</summary>
    public static string? ReadWatch(string? stream, string? tracks, string? latency, out Wish wish)
    {
        var wrong = FootageEndpoints.ReadStream(stream, out var number, withDevice: false) ?? FootageEndpoints.ReadTracks(tracks, out _);
        _ = FootageEndpoints.ReadTracks(tracks, out var choice);
        wish = new Wish(number, choice, latency == "low");
        return wrong ?? (latency is null or "normal" or "low" ? null : $"latency: \"{latency}\" is not normal or low");
    }
}

/// <summary>What a viewer asks for.</summary>
internal readonly record struct Wish(byte Stream, TrackChoice Tracks, bool LowLatency)
{
    /// <summary>The stream to watch: a channel without a second one shows its only one, pulled once for all.</summary>
    public StreamKey Of(ChannelDefinition channel) => new(channel.Number, channel.SubUrl is null ? (byte)0 : Stream);
}
