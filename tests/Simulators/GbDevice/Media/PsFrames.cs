using System.Buffers;
using EdgeRecorder.Simulators.Clips;

namespace EdgeRecorder.Simulators.GbDevice.Media;

/// <summary>Makes a pack of each picture and of each audio frame (GB/T 28181-2022, annex C), with the faults that cameras have.</summary>
/// <param name="audio">Null: there is none.</param>
internal sealed class PsFrames(StreamType? audio)
{
    private const int LateMap = 3;                             // sync samples before a late map

    private readonly PsWriter _writer = new();
    private readonly ArrayBufferWriter<byte> _piece = new(64 * 1024);
    private int _syncs;
    private uint _number;

    /// <summary>Valid until the next call.</summary>
    public ReadOnlySpan<byte> Picture(MediaTrack track, MediaUnit unit, long pts, long? dts, Faults faults)
    {
        _writer.Clear();
        _number++;
        _writer.PackHeader(dts ?? pts, Stuffing(faults));
        if (unit.IsSync)
        {
            _syncs++;
            _writer.SystemHeader(faults.PrivateStreams);
        }
        if (WantsMap(unit.IsSync, faults.Map))
            Map(track.Type, faults.Map);
        long? first = pts;
        foreach (var (from, to) in Pieces(track, unit, faults.SplitParameterSets))
        {
            _piece.ResetWrittenCount();
            for (var i = from; i < to; i++)
            {
                _piece.Write<byte>([0, 0, 0, 1]);
                _piece.Write(track.File.AsSpan(unit.Parts[i]));
            }
            Packets(PsWriter.Video, _piece.WrittenSpan, ref first, dts, faults.LargestPes, faults.Unbounded);
        }
        if (faults.PrivateStreams)
            _writer.Private((byte)_number);
        return _writer.Written;
    }

    /// <summary>Audio in a pack of its own.</summary>
    public ReadOnlySpan<byte> Audio(MediaTrack track, MediaUnit unit, long pts, Faults faults)
    {
        _writer.Clear();
        if (!faults.AudioWithoutPack)
            _writer.PackHeader(pts, Stuffing(faults));
        long? first = pts;
        Packets(PsWriter.Audio, track.File.AsSpan(unit.Parts[0]), ref first, null, PsWriter.LargestPes, isUnbounded: false);
        return _writer.Written;
    }

    private void Packets(byte stream, ReadOnlySpan<byte> payload, ref long? pts, long? dts, int largestPes, bool isUnbounded)
    {
        if (isUnbounded)
        {
            _writer.Pes(stream, payload, pts, pts is null ? null : dts, isUnbounded: true);
            pts = null;
            return;
        }
        var largest = largestPes - 13;                         // flags, and both times
        for (var at = 0; at < payload.Length; at += largest)
        {
            _writer.Pes(stream, payload[at..Math.Min(at + largest, payload.Length)], pts, pts is null ? null : dts);
            pts = null;                                        // only the first of a picture has times
        }
    }

    /// <summary>Runs of NAL units that share a PES packet: all, or each parameter set and SEI message alone as some cameras send them.</summary>
    private static IEnumerable<(int From, int To)> Pieces(MediaTrack track, MediaUnit unit, bool split)
    {
        var from = 0;
        var codec = track.Type == StreamType.H264 ? VideoCodec.H264 : VideoCodec.H265;
        while (split && from < unit.Parts.Count - 1 && !IsSlice(track.File.AsSpan(unit.Parts[from]), codec))
            yield return (from, ++from);
        yield return (from, unit.Parts.Count);
    }

    private static bool IsSlice(ReadOnlySpan<byte> nal, VideoCodec codec) => codec == VideoCodec.H264 ? NalUnits.Type(nal, codec) is >= 1 and <= 5 : NalUnits.Type(nal, codec) < 32;

    private bool WantsMap(bool isSync, MapFault fault) => fault switch
    {
        MapFault.Missing => false,
        MapFault.Late => isSync && _syncs > LateMap,
        MapFault.Once => isSync && _syncs == 1,
        MapFault.Every => true,
        _ => isSync,
    };

    private void Map(StreamType video, MapFault fault)
    {
        var isWrong = fault == MapFault.Wrong;
        var videoType = isWrong ? video == StreamType.H264 ? StreamType.H265 : StreamType.H264 : video;
        var audioType = isWrong ? audio == StreamType.Aac ? StreamType.Alaw : StreamType.Aac : audio ?? StreamType.Alaw;
        _writer.StreamMap(audio is null ? [((byte)videoType, PsWriter.Video)] : [((byte)videoType, PsWriter.Video), ((byte)audioType, PsWriter.Audio)]);
    }

    /// <summary>A counter in the stuffing that looks like a pack header whenever it passes 01BA.</summary>
    private byte[] Stuffing(Faults faults)
        => !faults.Stuffing ? [] : _number % 5 == 0 ? [0xFF, 0xFF, 0, 0, 1, 0xBA] : [0xFF, 0xFF, (byte)(_number >> 24), (byte)(_number >> 16), (byte)(_number >> 8), (byte)_number];
}
