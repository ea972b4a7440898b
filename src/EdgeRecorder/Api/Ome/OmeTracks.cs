using EdgeRecorder.Mp4;

namespace EdgeRecorder.Api.Ome;

/// <summary>Tracks as this family numbers them: 100 and 200 are video and audio of the main stream, 101 and 201 of the sub stream.</summary>
internal static class OmeTracks
{
    /// <summary>What a selection means; both empty: everything of the main stream. Null: nothing that there is. Main wins where both streams are named: a file has one.</summary>
    public static (byte Stream, TrackChoice Tracks)? Of(int[] ids, string[] variants)
    {
        if (ids.Length == 0 && variants.Length == 0)
            return (0, TrackChoice.All);
        var known = ids.Where(id => id is 100 or 101 or 200 or 201).ToList();
        var stream = (byte)(known.Count > 0 && known.TrueForAll(id => id is 101 or 201) ? 1 : 0);
        var chosen = known.Where(id => id % 100 == stream).ToList();
        var video = chosen.Exists(id => id < 200) || variants.Contains("video");
        var audio = chosen.Exists(id => id >= 200) || variants.Contains("audio");
        return (video, audio) switch
        {
            (true, true) => (stream, TrackChoice.All),
            (true, false) => (stream, TrackChoice.Video),
            (false, true) => (stream, TrackChoice.Audio),
            _ => null,
        };
    }
}
