using System.Text.Json;
using EdgeRecorder.MediaWorker;

namespace EdgeRecorder.Export;

/// <summary>What a worker says on its standard output, a line of JSON each; never more than can be meant.</summary>
/// <param name="alive">Called whenever it says something.</param>
internal sealed class WorkerReports(StreamReader output, Action alive)
{
    private const int LongestLine = 64 * 1024, LongestName = 300, MostParts = 100_000, MostWarnings = 100;

    private readonly char[] _line = new char[LongestLine];
    private int _filled;
    private List<MediaPart> _parts = [];
    private List<string> _warnings = [];
    private Action<double> _progress = static _ => { };
    private MediaError? _error;
    private string? _encoder;

    /// <summary>The job came to its end, or was ended by <see cref="Fail"/>.</summary>
    public bool IsEnded { get; private set; }

    public JobResult Result => new(_parts, _warnings, _error, _encoder);

    /// <summary>What comes from here on belongs to the next job.</summary>
    public void Begin(Action<double> progress) => (_parts, _warnings, _error, _encoder, IsEnded, _progress) = ([], [], null, null, false, progress);

    public void Fail(string text) => (_error, IsEnded) = (new MediaError("internal", text), true);

    /// <summary>Reads to the line that ends the job, or with <paramref name="toTheEnd"/> until the worker closes its output; in any case when that happens.</summary>
    /// <exception cref="InvalidDataException">It says what cannot be meant.</exception>
    /// <exception cref="JsonException">It does not speak JSON.</exception>
    public async Task ReadAsync(bool toTheEnd, CancellationToken stop)
    {
        while ((toTheEnd || !IsEnded) && await output.ReadAsync(_line.AsMemory(_filled), stop) is var read and > 0)
        {
            _filled += read;
            alive();
            var begin = 0;
            for (int end; (end = Array.IndexOf(_line, '\n', begin, _filled - begin)) >= 0; begin = end + 1)
                Take(_line.AsSpan(begin, end - begin));
            _line.AsSpan(begin, _filled - begin).CopyTo(_line);
            _filled -= begin;
            if (_filled == _line.Length)
                throw new InvalidDataException($"a line of more than {LongestLine} characters");
        }
    }

    private void Take(ReadOnlySpan<char> line)
    {
        var report = JsonSerializer.Deserialize(line, MediaJobJson.Default.MediaReport) ?? throw new InvalidDataException("a line that says nothing");
        if (IsEnded)
            throw new InvalidDataException("more after the end");
        if (report.Progress is { } done && double.IsFinite(done))
            _progress(Math.Clamp(done, 0, 1));
        if (report.Part is { } part)
            _parts.Add(_parts.Count < MostParts && part.Name == Path.GetFileName(part.Name) && part.Name is not ("" or "." or "..") ? part : throw new InvalidDataException($"a file named {part.Name}"));
        if (report.Warning is { } warning && _warnings.Count < MostWarnings)
            _warnings.Add($"{warning.Member}: {warning.Text}");
        if (report.Encoder is { } encoder)
            _encoder = encoder.Length <= LongestName && !encoder.Any(char.IsControl) ? encoder : throw new InvalidDataException("an encoder with a name that is none");
        if (report.Error is { } error)
            (_error, IsEnded) = (error, true);
        IsEnded |= report.Done == true;
    }
}
