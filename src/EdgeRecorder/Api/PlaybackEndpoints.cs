using EdgeRecorder.Api.Security;
using EdgeRecorder.Hls;
using EdgeRecorder.Media;
using EdgeRecorder.Playback;
using EdgeRecorder.Recording;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/channels/{id}/playback.m3u8 and what it names below ring/: the ring read back by players.</summary>
internal static class PlaybackEndpoints
{
    /// <summary>Footage does not change under its name; a browser that seeks back need not ask again.</summary>
    private const string Immutable = "private, max-age=3600, immutable";

    public static void MapPlayback(this IEndpointRouteBuilder routes)
    {
        var channel = routes.MapGroup("/channels/{id}").WithTags("playback").RequireAuthorization(Roles.Viewer);
        channel.MapMethods("/playback.m3u8", ["GET", "HEAD"], Playlist).Produces(StatusCodes.Status200OK, contentType: PlaylistWriter.ContentType)
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(422);
        channel.MapMethods($"/{RingName.Folder}/{{name}}", ["GET", "HEAD"], Records).Produces(StatusCodes.Status200OK, contentType: "video/mp4")
            .ProducesProblem(404).ProducesProblem(409).ProducesProblem(410);
    }

    private static async Task<IResult> Playlist(
        string id, string? from, string? to, string? stream, string? tracks, HttpContext context, ChannelCatalog catalog, IPlaybackSource source)
    {
        if (catalog.Find(id) is not { } channel)
            return ChannelEndpoints.Unknown(id);
        if ((Interval.Read(from, to, out var range) ?? FootageEndpoints.ReadStream(stream, out _) ?? FootageEndpoints.ReadTracks(tracks, out _)) is { } wrong)
            return Problems.Bad(wrong);
        _ = FootageEndpoints.ReadStream(stream, out var number);
        _ = FootageEndpoints.ReadTracks(tracks, out var choice);
        switch (await source.OpenAsync(new(channel.Number, number), range.FromUs, range.ToUs, choice, context.RequestAborted))
        {
            case PlaylistAnswer.Found found:
                var response = context.Response;
                response.ContentType = PlaylistWriter.ContentType;
                response.Headers.CacheControl = "no-store";
                if (!HttpMethods.IsHead(context.Request.Method))
                    await found.Playlist.WriteAsync(response.BodyWriter, choice, context.RequestAborted);
                return TypedResults.Empty;
            case PlaylistAnswer.TooLong tooLong:
                return Problems.Of(StatusCodes.Status422UnprocessableEntity,
                    $"the range holds more than the 24 hours of footage that a playlist lists; ask for to={UtcConverter.Write(UtcTime.At(tooLong.EndThatFitsUtcUs))} and for the rest from there");
            case PlaylistAnswer.NoSuchTracks:
                return Problems.NotFound($"channel {id} has footage in the range, but none of the tracks that were asked for");
            default:
                return Problems.NotFound($"channel {id} has no footage in [{UtcConverter.Write(range.From)}, {UtcConverter.Write(range.To)}); its timeline says why");
        }
    }

    private static async Task<IResult> Records(string id, string name, HttpContext context, ChannelCatalog catalog, IPlaybackSource source)
    {
        if (catalog.Find(id) is not { } channel)
            return ChannelEndpoints.Unknown(id);
        if (!RingName.TryRead(name, out var read))
            return Problems.NotFound($"{name} is no name that a playlist gives");
        var response = context.Response;
        switch (source.Open(channel.Number, read.Value))
        {
            case RecordsAnswer.Media media:
                using (media.Download)
                {
                    Announce(response, media.Download.Length);
                    if (!HttpMethods.IsHead(context.Request.Method))
                        await media.Download.CopyAsync(response.BodyWriter, 0, media.Download.Length, context.RequestAborted);
                }
                return TypedResults.Empty;
            case RecordsAnswer.Init init:
                Announce(response, init.Bytes.Length);
                if (!HttpMethods.IsHead(context.Request.Method))
                    await response.BodyWriter.WriteAsync(init.Bytes, context.RequestAborted);
                return TypedResults.Empty;
            case RecordsAnswer.Overwritten overwritten:
                return Gone(overwritten.OldestUtcUs);
            case RecordsAnswer.Damaged damaged:
                return Problems.Conflict($"the segment of the ring that holds {name} is damaged: {damaged.What}");
            default:
                return Problems.NotFound($"no records of channel {id} lie at {name}");
        }
    }

    private static void Announce(HttpResponse response, long length)
    {
        response.ContentType = "video/mp4";
        response.ContentLength = length;
        response.Headers.CacheControl = Immutable;
    }

    /// <summary>410 with <c>oldest</c>: where a player that the ring has overtaken can go on.</summary>
    private static ProblemHttpResult Gone(long? oldestUtcUs)
    {
        var problem = new ProblemDetails
        {
            Status = StatusCodes.Status410Gone,
            Detail = oldestUtcUs is { } us ? $"this footage has been overwritten; the oldest that is left begins at {UtcConverter.Write(UtcTime.At(us))}" : "this footage has been overwritten, and none is left",
        };
        if (oldestUtcUs is { } oldest)
            problem.Extensions["oldest"] = UtcConverter.Write(UtcTime.At(oldest));
        return TypedResults.Problem(problem);
    }
}
