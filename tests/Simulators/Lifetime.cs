using System.Runtime.InteropServices;

namespace EdgeRecorder.Simulators;

/// <summary>Ends the program in good order: at a signal or, when asked to, at the end of standard input.</summary>
internal sealed class Lifetime : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration _terminate, _interrupt;

    public Lifetime(bool exitWithParent)
    {
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        if (exitWithParent)
            _ = StopAtEndOfInputAsync();
    }

    public CancellationToken Stop => _stop.Token;

    public void Dispose()
    {
        _terminate.Dispose();
        _interrupt.Dispose();
        _stop.Dispose();
    }

    private void OnSignal(PosixSignalContext signal)
    {
        signal.Cancel = true;
        _stop.Cancel();
    }

    private async Task StopAtEndOfInputAsync()
    {
        // A parent that died, even by kill -9, has closed its end of the pipe.
        await using var input = Console.OpenStandardInput();
        var buffer = new byte[256];
        while (await input.ReadAsync(buffer) > 0)
        {
        }
        await _stop.CancelAsync();
    }
}
