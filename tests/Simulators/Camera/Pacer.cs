namespace EdgeRecorder.Simulators.Camera;

/// <summary>One thread and one timer for all clients: with 128 of them a timer each would cost more than the bytes.</summary>
internal sealed class Pacer(RtspServer server)
{
    private const int TurnMs = 5;

    public void Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var now = PacerClock.Now;
            foreach (var connection in server.Connections)
                connection.Advance(now);
            stop.WaitHandle.WaitOne(TurnMs);
        }
    }
}
