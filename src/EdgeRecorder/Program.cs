using EdgeRecorder.Hosting;

// The table of contents: which command runs what, and what the daemon is made of.
return await CommandLine.RunAsync(args, new Commands
{
    Serve = options => Daemon.ServeAsync(options, Engine.AddTo),
    CheckConfig = ConfigCheck.Run,
    Probe = Engine.ProbeAsync,
    Fsck = (_, _, errors) => NotHere(errors, "fsck").Result,
}, Console.Out, Console.Error);

static Task<int> NotHere(TextWriter errors, string command)
{
    errors.WriteLine($"{command}: not available in this version");
    return Task.FromResult(CommandLine.Fault);
}
