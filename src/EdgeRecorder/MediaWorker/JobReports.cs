using System.Text.Json;

namespace EdgeRecorder.MediaWorker;

/// <summary>What goes to standard output: a line of JSON each, at once.</summary>
internal sealed class JobReports(Stream target)
{
    private const double Step = 0.01;
    private double _said;

    /// <summary>A new job begins at 0.</summary>
    public void Begin() => _said = 0;

    /// <summary>At most a hundred lines per job. 1 is not said before the end: `done` says it.</summary>
    public void Progress(double progress)
    {
        if (progress < _said + Step || progress >= 1)
            return;
        _said = progress;
        Write(new() { Progress = Math.Round(progress, 3) });
    }

    public void Part(MediaPart part) => Write(new() { Part = part });
    public void Warn(string member, string text) => Write(new() { Warning = new(member, text) });
    public void Encoder(string name) => Write(new() { Encoder = name });
    public void Done() => Write(new() { Done = true });
    public void Fail(MediaError error) => Write(new() { Error = error });

    private void Write(MediaReport report)
    {
        target.Write([.. JsonSerializer.SerializeToUtf8Bytes(report, MediaJobJson.Default.MediaReport), (byte)'\n']);
        target.Flush();
    }
}
