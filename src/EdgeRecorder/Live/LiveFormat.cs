using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;

namespace EdgeRecorder.Live;

/// <summary>What stands in front of a variant's packets.</summary>
/// <param name="generation">Rises when a player has to begin anew: another format, or media time that does not run on. New parameter sets alone are
/// no reason, they stand in-band; who joins then gets an init segment that has them.</param>
internal sealed class LiveFormat(TrackSelection selection, int generation)
{
    public TrackSelection Selection => selection;
    public int Generation => generation;

    /// <summary>The text in front of the init segment.</summary>
    public byte[] Message { get; } = JsonSerializer.SerializeToUtf8Bytes(InitMessage.Of(selection), LiveJson.Default.InitMessage);
}

/// <param name="Mime">For MediaSource.isTypeSupported and addSourceBuffer.</param>
/// <param name="Width">Pixels as the parameter sets say now; 0 unknown.</param>
/// <param name="LeftOut">Tracks of the stream that are not sent.</param>
internal sealed record InitMessage(string Type, string Mime, int Width, int Height, TrackMessage[] Tracks, string[] LeftOut)
{
    public static InitMessage Of(TrackSelection selection)
    {
        var video = selection.Init.Tracks.FirstOrDefault(track => track.IsVideo);
        return new("init", selection.Mime, video?.Width ?? 0, video?.Height ?? 0,
            [.. selection.Init.Tracks.Select(track => new TrackMessage(NameOf(track), track.Width, track.Height, track.TimeScale, track.ChannelCount))],
            [.. selection.LeftOut.Select(NameOf)]);
    }

    /// <summary>Encoding names of RTP, which SDP and cameras' pages show too.</summary>
    private static string NameOf(Track track) => track.Codec switch { Codec.H264 => "H264", Codec.H265 => "H265", Codec.Aac => "AAC", Codec.G711A => "PCMA", _ => "PCMU" };
}

internal sealed record TrackMessage(string Codec, int Width, int Height, int TimeScale, int Channels);

internal sealed record SkippedMessage(string Type, int Fragments);

internal sealed record StateMessage(string Type, string State, string Detail);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(InitMessage))]
[JsonSerializable(typeof(SkippedMessage))]
[JsonSerializable(typeof(StateMessage))]
internal sealed partial class LiveJson : JsonSerializerContext;
