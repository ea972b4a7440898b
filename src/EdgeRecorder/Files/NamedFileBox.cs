using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Sound;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Files;

/// <summary>What named files are written with.</summary>
/// <param name="Report">Where a recording's progress goes.</param>
/// <param name="Sound">Where transport streams get AAC from.</param>
/// <param name="MakeRoom">Called when a file was closed, or the disk was full: the oldest finished files go.</param>
internal sealed record NamedFileBox(IRing Ring, IRecorder Recorder, FamilyFolder Folder, RecordingFileStore Files, Action<string, RecordingProgress> Report, Action<bool> MakeRoom, AacSound Sound, TimeProvider Time, ILogger Log)
{
    public long NowUs => UtcTime.Us(Time.GetUtcNow());
}
