// Linking this target into an executable makes libgomp's pool friendlier to other work on the machine: see
// startup.c. There is nothing to call.

#pragma once
