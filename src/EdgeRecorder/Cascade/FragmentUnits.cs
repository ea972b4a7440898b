using EdgeRecorder.Media;
using EdgeRecorder.Mp4;

namespace EdgeRecorder.Cascade;

/// <summary>One access unit of a fragment.</summary>
/// <param name="Track">As the fragment's init segment has it.</param>
/// <param name="Offset">Its first byte, from the first of `moof`.</param>
internal readonly record struct FragmentUnit(Track Track, long Dts90k, long Pts90k, long Offset, int Size, bool IsSync);

/// <summary>Fragments taken apart again: their access units in the order of decoding, audio between the pictures.</summary>
internal static class FragmentUnits
{
    /// <param name="moof">The whole box, and as much behind it as there is.</param>
    /// <param name="units">Emptied and filled.</param>
    /// <exception cref="Bytes.ProtocolException">The fragment is damaged.</exception>
    public static void Read(ReadOnlySpan<byte> moof, InitSegment init, List<FragmentUnit> units)
    {
        units.Clear();
        foreach (var part in MovieFragment.Parse(moof).Tracks)
        {
            if (init.Tracks.FirstOrDefault(track => track.Id == part.TrackId) is not { } track)
                continue;
            foreach (var sample in part.Samples)
                units.Add(new(track, MediaTime.From(sample.Dts, track.TimeScale), MediaTime.From(sample.Dts + sample.CompositionOffset, track.TimeScale), sample.Offset, (int)sample.Size, sample.IsSync));
        }
        units.Sort(static (a, b) => (a.Dts90k, a.Track.Id).CompareTo((b.Dts90k, b.Track.Id)));
    }
}
