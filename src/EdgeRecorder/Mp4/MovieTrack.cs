using System.Runtime.InteropServices;
using EdgeRecorder.Media;

namespace EdgeRecorder.Mp4;

/// <summary>The sample tables of a track of a progressive MP4 while it is written: four bytes a sample, everything else in runs.</summary>
/// <param name="startTime">File time at which its first sample is decoded, track's time scale.</param>
internal sealed class MovieTrack(Track format, long startTime)
{
    private readonly List<uint> _sizes = [];
    private readonly List<(uint Count, uint Value)> _durations = [];
    private readonly List<(uint Count, uint Value)> _offsets = [];
    private readonly List<uint> _syncs = [];
    private readonly List<long> _chunks = [];
    private readonly List<(uint First, uint Samples)> _chunkSizes = [];
    private bool _hasOffsets;
    private uint _lastDuration;
    private long _lastTime;

    public Track Format => format;
    public long StartTime => startTime;
    public int Count => _sizes.Count;

    /// <summary>Where what is shown ends, file time in the track's time scale.</summary>
    public long EndTime { get; private set; }

    /// <summary>When the first sample is shown, file time in the track's time scale.</summary>
    public long FirstShown { get; private set; }

    /// <summary>Decode time of the last sample and how long it lasts, from the track's first.</summary>
    public long Length => _lastTime + _lastDuration;

    /// <summary>Bytes that its tables take at the most, without the sample entry.</summary>
    public int TableBytes => 512 + 4 * _sizes.Count + 8 * (_durations.Count + 1) + 8 * _offsets.Count + 4 * _syncs.Count + 8 * _chunks.Count + 12 * _chunkSizes.Count;

    /// <summary>Samples that lie behind one another in the file.</summary>
    /// <param name="at">File offset of the first.</param>
    /// <param name="back">How much later than in the file its samples are dated, track's time scale.</param>
    public void AddChunk(long at, ReadOnlySpan<FragmentSample> samples, long back)
    {
        _chunks.Add(at);
        if (_chunkSizes.Count == 0 || _chunkSizes[^1].Samples != samples.Length)
            _chunkSizes.Add(((uint)_chunks.Count, (uint)samples.Length));
        foreach (ref readonly var sample in samples)
            Add(sample, sample.Dts - back);
    }

    private void Add(in FragmentSample sample, long fileTime)
    {
        if (_sizes.Count > 0)
        {
            // A sample lasts until the next begins, whatever its fragment said: clocks of sources round.
            var lasts = (uint)Math.Clamp(fileTime - startTime - _lastTime, 0, uint.MaxValue);
            Append(_durations, lasts);
            _lastTime += lasts;
        }
        var shown = startTime + _lastTime + sample.CompositionOffset;
        if (_sizes.Count == 0)
            FirstShown = shown;
        _sizes.Add(sample.Size);
        if (sample.IsSync)
            _syncs.Add((uint)_sizes.Count);
        _hasOffsets |= sample.CompositionOffset != 0;
        Append(_offsets, (uint)sample.CompositionOffset);
        _lastDuration = sample.Duration;
        EndTime = Math.Max(EndTime, shown + sample.Duration);
    }

    /// <summary>`stbl` (ISO/IEC 14496-12, 8.5): what the samples are, how long they last, where they lie.</summary>
    /// <param name="shift">How much further back in the file than <see cref="AddChunk"/> was told.</param>
    public void WriteTables(ref BoxWriter w, long shift)
    {
        var stbl = w.Open("stbl"u8);
        var stsd = w.Open("stsd"u8, 0, 0);
        w.U32(1);
        SampleEntry.Write(ref w, format, withParameterSets: true);
        w.Close(stsd);
        var durations = new List<(uint Count, uint Value)>(_durations);
        Append(durations, _lastDuration);
        WriteRuns(ref w, "stts"u8, 0, durations);
        if (_hasOffsets)
            WriteRuns(ref w, "ctts"u8, 1, _offsets);        // version 1: offsets may be negative
        if (_syncs.Count < _sizes.Count)
        {
            var stss = w.Open("stss"u8, 0, 0);
            w.U32((uint)_syncs.Count);
            foreach (var number in CollectionsMarshal.AsSpan(_syncs))
                w.U32(number);
            w.Close(stss);
        }
        var stsc = w.Open("stsc"u8, 0, 0);
        w.U32((uint)_chunkSizes.Count);
        foreach (var (first, samples) in CollectionsMarshal.AsSpan(_chunkSizes))
        {
            w.U32(first);
            w.U32(samples);
            w.U32(1);                                       // sample_description_index
        }
        w.Close(stsc);
        var stsz = w.Open("stsz"u8, 0, 0);
        w.U32(0);                                           // each its own size
        w.U32((uint)_sizes.Count);
        foreach (var size in CollectionsMarshal.AsSpan(_sizes))
            w.U32(size);
        w.Close(stsz);
        WriteChunks(ref w, shift);
        w.Close(stbl);
    }

    private void WriteChunks(ref BoxWriter w, long shift)
    {
        var isLarge = _chunks.Count > 0 && _chunks[^1] + shift > uint.MaxValue;
        var box = w.Open(isLarge ? "co64"u8 : "stco"u8, 0, 0);
        w.U32((uint)_chunks.Count);
        foreach (var chunk in CollectionsMarshal.AsSpan(_chunks))
            if (isLarge)
                w.U64((ulong)(chunk + shift));
            else
                w.U32((uint)(chunk + shift));
        w.Close(box);
    }

    private static void WriteRuns(ref BoxWriter w, ReadOnlySpan<byte> type, byte version, List<(uint Count, uint Value)> runs)
    {
        var box = w.Open(type, version, 0);
        w.U32((uint)runs.Count);
        foreach (var (count, value) in CollectionsMarshal.AsSpan(runs))
        {
            w.U32(count);
            w.U32(value);
        }
        w.Close(box);
    }

    private static void Append(List<(uint Count, uint Value)> runs, uint value)
    {
        if (runs.Count > 0 && runs[^1].Value == value)
            runs[^1] = (runs[^1].Count + 1, value);
        else
            runs.Add((1, value));
    }
}
