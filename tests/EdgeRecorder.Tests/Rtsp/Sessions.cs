using EdgeRecorder.Media;
using EdgeRecorder.Rtsp;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Rtsp;

/// <summary>Sessions as tests run them.</summary>
internal static class Sessions
{
    public static RtspSession Create(RtspSourceOptions options) => new(options, new RunningClock(), TimeProvider.System, NullLogger.Instance);

    public static RtspSession Create(string url, RtspTransport transport = RtspTransport.Tcp) => Create(new RtspSourceOptions { Url = url, Transport = transport });

    /// <summary>Runs to the end and returns what it ended with; null for an orderly end.</summary>
    public static async Task<Exception?> EndAsync(this RtspSession session, ISourceSink sink, CancellationToken stop = default)
    {
        try
        {
            await session.RunAsync(sink, stop).WaitAsync(TimeSpan.FromSeconds(60), CancellationToken.None);
            return null;
        }
        catch (Exception e) when (e is not TimeoutException)
        {
            return e;
        }
    }

    /// <summary>Runs until <paramref name="enough"/>, then stops it.</summary>
    public static async Task<CollectingSink> CollectAsync(this RtspSession session, Func<CollectingSink, bool> enough)
    {
        var sink = new CollectingSink();
        using var stop = new CancellationTokenSource();
        var run = session.EndAsync(sink, stop.Token);
        await await Task.WhenAny(sink.WaitAsync(enough), run);
        if (run.IsCompleted && await run is { } early)
            throw new InvalidOperationException("the session ended", early);
        await stop.CancelAsync();
        Assert.IsAssignableFrom<OperationCanceledException>(await run);
        return sink;
    }
}
